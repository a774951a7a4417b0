// Command trace measures what `gordian trace` costs, in instructions, beside
// klockstat, perf lock record and a kernel with PROVE_LOCKING.
//
//	trace GORDIAN [cost|times]...    both without any
//
// QEMU counts instructions (-icount shift=0: one for each nanosecond and cycle
// of the guest's clocks), so that the figures of a busy host are those of an
// idle one. This program is also what runs in the guest, as init. times boots
// without counting and measures how long it takes to attach and detach.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
)

func main() {
	if os.Getpid() == 1 {
		guest() // never returns
	}
	if len(os.Args) == 3 && os.Args[1] == inGuest {
		worker(os.Args[2])
		return
	}
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: trace GORDIAN [cost|times]")
	}
	parts := args[1:]
	for _, p := range parts {
		if p != "cost" && p != "times" {
			return fmt.Errorf("%q: cost or times", p)
		}
	}
	if _, err := exec.LookPath(qemu); err != nil {
		_, err := fmt.Fprintf(out, "no %s (apt-get install qemu-system-x86): gordian trace was not measured\n", qemu)
		return err
	}
	if len(parts) == 0 || slices.Contains(parts, "cost") {
		if err := cost(ctx, args[0], out); err != nil {
			return err
		}
	}
	if len(parts) == 0 || slices.Contains(parts, "times") {
		return times(ctx, args[0], out)
	}
	return nil
}

// cost prints one table: what is measured down, who measures across.
func cost(ctx context.Context, gordian string, out io.Writer) error {
	t := &table{}
	stock, err := boot(ctx, machine{kernel: "stock", gordian: gordian, icount: true, tracers: allTracers()})
	if err != nil {
		return err
	}
	t.add("", stock)
	lockdep, err := boot(ctx, machine{kernel: "lockdep", icount: true})
	if err != nil {
		fmt.Fprintf(out, "PROVE_LOCKING was not measured: %v\n", err)
	} else {
		t.add("PROVE_LOCKING", lockdep)
	}
	return t.write(out)
}

// times prints how long it takes to begin and to end, by the clock.
func times(ctx context.Context, gordian string, out io.Writer) error {
	lines, err := boot(ctx, machine{kernel: "stock", gordian: gordian, tracers: []string{"order", "order", "order", "contention"}, idle: true})
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.tracer != nothing {
			fmt.Fprintf(out, "%-12s %-28s %8.0f %s\n", l.tracer, l.what, l.value, l.unit)
		}
	}
	return nil
}
