package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// peers are the other tools, where Debian has them: libbpf-tools, linux-perf.
func peers() map[string]string {
	return map[string]string{"klockstat": "/usr/sbin/klockstat", "perf": "/usr/bin/perf"}
}

func allTracers() []string { return []string{"contention", "order", "klockstat", "perf"} }

// commands says how each is started, and which of its words say that it is ready.
func command(name string) (argv []string, ready string) {
	switch name {
	case "order":
		return []string{"/gordian", "trace", "order", "--max-overhead", "100", "--fail-on", "never", "--save", "/tmp/graph.json"}, "ready after"
	case "contention":
		return []string{"/gordian", "trace", "contention", "-d", "1h"}, "measuring for"
	case "klockstat":
		return []string{peers()[name], "-d", "3600"}, ""
	}
	return []string{peers()[name], "lock", "record", "-o", "/tmp/perf.data", "-a"}, ""
}

// traced measures everything again while a tracer runs, and how long that
// took to begin and to end.
func traced(name string) error {
	argv, ready := command(name)
	c := exec.Command(argv[0], argv[1:]...)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	c.Stderr = c.Stdout
	begin := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	words := bufio.NewReader(out)
	if err := wait(words, ready); err != nil {
		return err
	}
	fmt.Println(line{name, "start to ready", "ms", ms(begin)})
	rest := make(chan string)
	go func() {
		b, _ := io.ReadAll(words) // what it says when it ends
		rest <- string(b)
	}()
	memory(name, c.Process.Pid)
	if err := measure(name); err != nil {
		return err
	}
	begin = time.Now()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	said := <-rest
	_ = c.Wait() // some end by the signal
	fmt.Println(line{name, "interrupt to end", "ms", ms(begin)})
	tell(name, said)
	return nil
}

func ms(begin time.Time) float64 { return float64(time.Since(begin).Microseconds()) / 1000 }

// wait reads until a tracer says that it is ready. One that says nothing gets
// five seconds.
func wait(r *bufio.Reader, words string) error {
	if words == "" {
		time.Sleep(5 * time.Second)
		return nil
	}
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("it ended: %w", err)
		}
		if strings.Contains(text, words) {
			return nil
		}
		fmt.Print("bench: ", text)
	}
}

// tell looks for "detached after N ms" in what gordian said.
func tell(name, said string) {
	if m := regexp.MustCompile(`detached after (\d+) ms`).FindStringSubmatch(said); m != nil {
		v, _ := strconv.ParseFloat(m[1], 64) // digits
		fmt.Println(line{name, "to detach", "ms", v})
	}
}

// memory sums what the kernel says that the maps and programs of a process
// take: kernel/bpf/syscall.c, bpf_map_show_fdinfo().
func memory(name string, pid int) {
	infos, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fdinfo/*", pid)) // a good pattern
	sum := 0.0
	for _, path := range infos {
		b, _ := os.ReadFile(path) // it may be closed meanwhile
		for l := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(l, "memlock:"); ok {
				n, _ := strconv.ParseFloat(strings.TrimSpace(v), 64) // digits
				sum += n
			}
		}
	}
	if sum > 0 {
		fmt.Println(line{name, "memory of maps and programs", "KiB", sum / 1024})
	}
}
