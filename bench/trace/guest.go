package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// guest is the life of init: it measures, says so on the console, and switches
// the machine off.
func guest() {
	if err := measureAll(); err != nil {
		fmt.Println("bench: failed:", err)
	} else {
		fmt.Println("bench: done")
	}
	time.Sleep(100 * time.Millisecond) // the console
	_ = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	select {}
}

func measureAll() error {
	for _, m := range []struct{ kind, dir string }{
		{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"debugfs", "/sys/kernel/debug"}, {"tracefs", "/sys/kernel/tracing"}, {"tmpfs", "/tmp"},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.dir, err)
		}
	}
	mod, err := os.ReadFile(pairsModule)
	if err != nil {
		return err
	}
	if err := unix.InitModule(mod, ""); err != nil {
		return fmt.Errorf("load the module: %w", err)
	}
	if err := measure(nothing); err != nil {
		return err
	}
	for name := range strings.SplitSeq(os.Getenv("tracers"), ",") {
		if name == "" {
			continue
		}
		if err := traced(name); err != nil {
			fmt.Printf("bench: %s was not measured: %v\n", name, err)
		}
	}
	return nil
}

// rounds is how often each thing is measured. Of work the median is told, so
// that what a tracer does now and then is in it if it is often; of locks the
// round that no interrupt disturbed.
const rounds = 3

// inGuest is the first argument of a process that measures. Each time it is a
// new one, because what fork and mmap take depends on what a process has been through.
const inGuest = "work"

func measure(tracer string) error {
	if os.Getenv("bench_idle") == "true" {
		return nil
	}
	c := exec.Command("/init", inGuest, tracer)
	c.Stdout, c.Stderr = os.Stdout, os.Stdout
	return c.Run()
}

func worker(tracer string) {
	settle()
	err := measurePairs(tracer)
	if err == nil {
		err = measureWork(tracer)
	}
	if err != nil {
		fmt.Println("bench: failed:", err)
		os.Exit(1)
	}
}

// settle makes the Go runtime stay out of the way.
func settle() {
	debug.SetGCPercent(-1)
	runtime.GOMAXPROCS(16) // threads that wait in the kernel keep theirs
	runtime.LockOSThread()
}

func measureWork(tracer string) error {
	for _, w := range works("/tmp") {
		var took []float64
		for range rounds + 1 {
			begin := time.Now()
			if err := w.do(w.n); err != nil {
				return fmt.Errorf("%s: %w", w.name, err)
			}
			took = append(took, float64(time.Since(begin))/float64(w.n))
		}
		// The first round is the one in which everything is new.
		fmt.Println(line{tracer, w.name, "", median(took[1:])})
	}
	return nil
}

func measurePairs(tracer string) error {
	const pairs = 20000
	f, err := os.Open("/proc/lockpairs")
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // nothing is written
	for i, name := range []string{"mutex, static", "mutex, allocated", "semaphore, static", "rwsem, read, static", "rwsem, write, static",
		"rwsem, read, allocated", "mutex in a mutex, static", "mutex in a mutex, allocated"} {
		var took []float64
		for range rounds + 1 {
			cycles, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), 'L'<<8|uintptr(i), pairs)
			if errno != 0 {
				return fmt.Errorf("%s: %w", name, errno)
			}
			took = append(took, float64(cycles)/pairs)
		}
		fmt.Println(line{tracer, name, "", slices.Min(took)})
	}
	return nil
}

func median(v []float64) float64 {
	slices.Sort(v)
	return v[len(v)/2]
}
