// Package cli is the command line: one file per command, each no more than
// flags, a call into the packages that do the work, and an exit status.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"gordian/internal/evidence"
	"gordian/internal/model"
)

// Exit statuses. They are part of the contract with scripts.
const (
	exitOK          = 0   // nothing found at or above --fail-on
	exitFindings    = 1   // findings at or above --fail-on
	exitFailure     = 2   // could not run, bad usage, or some evidence could not be read
	exitInterrupted = 130 // SIGINT or SIGTERM
	exitPipe        = 141 // the reader of our output went away
)

// Streams is the world of a command: what a test replaces.
type Streams struct {
	In  io.Reader
	Out io.Writer
	Err io.Writer

	InTTY, OutTTY, ErrTTY bool
	Width                 int // columns of Out, 0 if it is no terminal
	ErrWidth              int // columns of Err
	Getenv                func(string) string

	// read is evidence.Read; tests of the progress bar and of interrupts put
	// something slow here.
	read readFunc
	// source is what gordian check stands on.
	source analysis
}

type readFunc func(context.Context, []string, evidence.Options) (*model.Facts, error)

// OSStreams are the streams of this process.
func OSStreams() Streams {
	s := Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Getenv: os.Getenv, read: evidence.Read, source: sourceAnalysis()}
	s.InTTY = term.IsTerminal(int(os.Stdin.Fd()))
	s.OutTTY, s.Width = terminal(os.Stdout)
	s.ErrTTY, s.ErrWidth = terminal(os.Stderr)
	return s
}

func terminal(f *os.File) (bool, int) {
	fd := int(f.Fd())
	if !term.IsTerminal(fd) {
		return false, 0
	}
	w, _, err := term.GetSize(fd)
	if err != nil || w <= 0 {
		w = 80 // a serial console knows no size
	}
	return true, w
}

// exitStatus ends a command with a status other than 2 for an error. Err is
// nil when all has been said already.
type exitStatus struct {
	code int
	err  error
}

func (e *exitStatus) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.err.Error()
}

func (e *exitStatus) Unwrap() error { return e.err }

// Run executes one command line and returns the exit status.
func Run(ctx context.Context, args []string, s Streams) int {
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	err := root.ExecuteContext(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return exitInterrupted
	}
	return statusOf(err, s)
}

func statusOf(err error, s Streams) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrClosedPipe) {
		return exitPipe // like any filter whose reader has seen enough
	}
	code := exitFailure
	var e *exitStatus
	if errors.As(err, &e) {
		code, err = e.code, e.err
	}
	if err != nil {
		complain(s, err)
	}
	return code
}

// complain prints an error, one line for each of those that were joined.
func complain(s Streams, err error) {
	if j, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range j.Unwrap() {
			complain(s, e)
		}
		return
	}
	fmt.Fprintln(s.Err, "gordian: "+safe(err.Error()))
}
