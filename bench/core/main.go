// Command core measures `gordian diagnose` on crash dumps, beside crash and
// drgn, and on bigger and bigger dumps.
//
//	DUMP="FILE [FILE...]" [VMLINUX=FILE] core GORDIAN
//
// DUMP is an ELF dump, as `gordian lab run --dump` or QEMU writes it. The
// bigger dumps are DUMP with a hole behind it: a sparse file, memory that the
// guest never used. Of further dumps (with more tasks: see threads) only the
// diagnosis is measured. gordian reads the dump alone; crash and drgn need the
// kernel's vmlinux with debug information as well.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: DUMP=FILE [VMLINUX=FILE] core GORDIAN")
		os.Exit(2)
	}
	if err := run(os.Stdout, os.Args[1], strings.Fields(os.Getenv("DUMP")), os.Getenv("VMLINUX")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer, gordian string, dumps []string, vmlinux string) error {
	if len(dumps) == 0 {
		_, err := fmt.Fprintln(out, "no dump: DUMP names one (gordian lab run --module lab/modules/pumpctl --dump=FILE makes it); gordian diagnose was not measured on dumps")
		return err
	}
	dump := dumps[0]
	fmt.Fprintf(out, "%-36s %10s %10s %10s\n", "", "user", "wall", "peak")
	if err := measure(out, "gordian diagnose", "", gordian, "diagnose", "-q", dump); err != nil {
		return err
	}
	// Beside the dump, because /tmp may have no room for it, or be memory.
	tmp, err := os.MkdirTemp(filepath.Dir(dump), ".bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp) //nolint:errcheck // nothing else can be done
	if err := bigger(out, gordian, dump, tmp); err != nil {
		return err
	}
	if err := trimmed(out, gordian, dump, tmp); err != nil {
		return err
	}
	for _, more := range dumps[1:] {
		if err := measure(out, "gordian diagnose "+filepath.Base(more), "", gordian, "diagnose", "-q", more); err != nil {
			return err
		}
	}
	return peers(out, dump, vmlinux)
}

func bigger(out io.Writer, gordian, dump, tmp string) error {
	big := filepath.Join(tmp, "big")
	for _, gib := range []int64{1, 4, 16} {
		if err := grow(dump, big, gib<<30); err != nil {
			return err
		}
		if err := measure(out, fmt.Sprintf("gordian diagnose, %d GiB", gib), "", gordian, "diagnose", "-q", big); err != nil {
			return err
		}
	}
	return os.Remove(big)
}

func trimmed(out io.Writer, gordian, dump, tmp string) error {
	small := filepath.Join(tmp, "small.elf.xz")
	if err := measure(out, "gordian core trim", "", gordian, "core", "trim", dump, "-o", small); err != nil {
		return err
	}
	before, err := os.Stat(dump)
	if err != nil {
		return err
	}
	after, err := os.Stat(small)
	if err != nil {
		return fmt.Errorf("gordian core trim wrote nothing: %w", err)
	}
	return measure(out, fmt.Sprintf("gordian diagnose, %d of %d KiB", after.Size()>>10, before.Size()>>10), "", gordian, "diagnose", "-q", small)
}

// drgnScript prints the stacks of all blocked tasks.
const drgnScript = `
import sys
from drgn import Program
from drgn.helpers.linux.pid import for_each_task
p = Program(); p.set_core_dump(sys.argv[1]); p.load_debug_info([sys.argv[2]])
for t in for_each_task(p):
    if t.__state.value_() & 0x402 == 2:
        print(t.pid.value_(), t.comm.string_()); print(p.stack_trace(t))
`

func peers(out io.Writer, dump, vmlinux string) error {
	if vmlinux == "" {
		_, err := fmt.Fprintln(out, "crash and drgn were not measured: VMLINUX names the kernel's vmlinux with debug information")
		return err
	}
	if _, err := exec.LookPath("crash"); err == nil {
		if err := measure(out, "crash: foreach UN bt; bt -a", "foreach UN bt\nbt -a\nquit\n", "crash", "-s", vmlinux, dump); err != nil {
			return err
		}
	}
	const python = "/usr/bin/python3" // the one that Debian's python3-drgn is for
	if exec.Command(python, "-c", "import drgn").Run() != nil {
		return nil
	}
	return measure(out, "drgn: stacks of tasks in state D", "", python, "-c", drgnScript, dump, vmlinux)
}

// measure runs a command once. Findings make gordian exit with 1.
func measure(out io.Writer, name, stdin string, argv ...string) error {
	c := exec.Command(argv[0], argv[1:]...)
	var said strings.Builder
	c.Stdin, c.Stderr = strings.NewReader(stdin), &said
	start := time.Now()
	err := c.Run()
	wall := time.Since(start)
	if c.ProcessState == nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return fmt.Errorf("%s: this system does not say what a process used", name)
	}
	_, err = fmt.Fprintf(out, "%-36s %8.2f s %8.2f s %6d MiB  exit %d%s\n", name, c.ProcessState.UserTime().Seconds(), wall.Seconds(), usage.Maxrss>>10, c.ProcessState.ExitCode(), why(argv[0], said.String()))
	return err
}

// why is the last line that a peer complained with: its figures are not those of
// an answer then.
func why(command, said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := lines[len(lines)-1]; last != "" && strings.Contains(command, "python") {
		return ": " + last
	}
	return ""
}
