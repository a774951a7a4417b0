// Command threads starts N threads that sleep, and leaves them behind: a guest
// to take a dump of with many tasks.
//
//	gordian lab run --memory 512 --exec './threads 10000' --dump=10000.core
package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 1:
		return leaveBehind(args[0])
	case len(args) == 2 && args[0] == "sleep":
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		sleepers(n)
		return nil
	}
	return fmt.Errorf("usage: threads N")
}

// leaveBehind starts this program again, waits until its threads are there, and
// returns: the run of a guest goes on to its dump when the program has ended.
func leaveBehind(n string) error {
	for file, limit := range map[string]string{"/proc/sys/kernel/threads-max": "100000", "/proc/sys/vm/max_map_count": "1000000"} {
		if err := os.WriteFile(file, []byte(limit), 0); err != nil {
			return err
		}
	}
	many := syscall.Rlimit{Cur: 100000, Max: 100000}
	const rlimitNProc = 6 // RLIMIT_NPROC, include/uapi/asm-generic/resource.h
	if err := syscall.Setrlimit(rlimitNProc, &many); err != nil {
		return fmt.Errorf("allow many threads: %w", err)
	}
	c := exec.Command("/proc/self/exe", "sleep", n)
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	fmt.Print(line)
	return err
}

func sleepers(n int) {
	debug.SetMaxThreads(n + 1000)
	var started sync.WaitGroup
	started.Add(n)
	for range n {
		go func() {
			runtime.LockOSThread()
			started.Done()
			for {
				_, _, _ = syscall.Syscall(syscall.SYS_PAUSE, 0, 0, 0)
			}
		}()
	}
	started.Wait()
	fmt.Println(n, "threads")
	select {}
}
