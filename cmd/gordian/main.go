// Command gordian diagnoses deadlocks of the Linux kernel.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"gordian/internal/cli"
	"gordian/internal/lab/guest"
)

func main() {
	if guest.Inside() { // the same binary is init in the virtual machines of gordian lab
		os.Exit(guest.Main())
	}
	os.Exit(run())
}

func run() int {
	limitMemory()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	return cli.Run(ctx, os.Args[1:], cli.OSStreams())
}

// limitMemory trades a little time for a small footprint: gordian runs on
// hosts that are already in trouble, on logs of any size. The limit is soft,
// so a log with very many reports still works. GOGC and GOMEMLIMIT win.
func limitMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(48 << 20)
	}
}
