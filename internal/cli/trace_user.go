package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/check"
	"gordian/internal/futex"
	"gordian/internal/model"
)

const traceUserLong = `Say which threads of a program wait for each other's locks.

A thread that waits for a mutex sleeps on a word in it. gordian reads that word and what
stands around it: the owner, as the C library (glibc) or the kernel's protocol for PI
and robust mutexes keeps it. Several processes are looked at together, for mutexes in
shared memory. The process is stopped for some milliseconds to read its registers, as
a debugger does; --no-stop leaves that out, and with it the stacks.

It needs no eBPF, and root only for programs of other users.

` + exitHelp

const traceUserExample = `  gordian trace user -p 4242             is this program deadlocked?
  gordian trace user -p 4242 -p 4243     two that share a mutex
  gordian trace user --no-stop -p 4242   without touching it
  sudo gordian trace user --comm nginx   all processes of this name
  sudo gordian trace user order -p 4242  could it deadlock? follow its locks`

// userPause is the time between the two looks that must agree.
const userPause = 200 * time.Millisecond

type traceUser struct {
	Streams
	out    output
	failOn *choice
	procs  processes
	noStop bool
}

func newTraceUser(s Streams) *cobra.Command {
	u := &traceUser{Streams: s, failOn: newChoice("error", "error", "warning", "note", "never")}
	c := &cobra.Command{
		Use:     "user [flags] -p PID...",
		Short:   "Say which threads of a program wait for each other",
		Long:    traceUserLong,
		Example: traceUserExample,
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return u.run(c) },
	}
	u.out.addFlags(c, s)
	addChoice(c, u.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	u.procs.addFlags(c)
	c.Flags().BoolVar(&u.noStop, "no-stop", false, "do not stop the program for a moment: no stacks")
	c.AddCommand(newTraceUserOrder(s))
	return c
}

func (u *traceUser) run(c *cobra.Command) error {
	pids, err := u.procs.list()
	if err != nil {
		return err
	}
	if len(pids) == 0 {
		return usageError(c, errors.New("no process given: -p PID or --comm NAME"))
	}
	if runtime.GOARCH != "amd64" {
		return errors.New("trace user: the locks of programs are read on x86-64 only")
	}
	if err := u.out.choose(nil); err != nil {
		return err
	}
	facts, err := u.look(c.Context(), pids)
	if err != nil {
		return err
	}
	doc := newDocument(facts, check.Run(c.Context(), facts))
	failed := atLeast(doc.Findings, u.failOn.value)
	if err := u.out.write(doc); err != nil {
		return err
	}
	if failed {
		return &exitStatus{code: exitFindings}
	}
	return nil
}

// look reads each process twice: only a wait that both looks show is told.
// Of several processes some may have ended, or be another user's: the others
// are looked at.
func (u *traceUser) look(ctx context.Context, pids []int) (*model.Facts, error) {
	before, _ := u.readAll(pids)
	select {
	case <-time.After(userPause):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	now, errs := u.readAll(pids)
	if len(now) == 0 {
		return nil, errors.Join(errs...)
	}
	facts := &model.Facts{}
	for _, p := range now {
		i := slices.IndexFunc(before, func(b *futex.Process) bool { return b.PID == p.PID })
		if i < 0 {
			before, i = append(before, &futex.Process{}), len(before)
		}
		if n := futex.Agree(before[i], p); n > 0 {
			p.Notes = append(p.Notes, fmt.Sprintf("%d waits that changed between two looks: locks that are busy, not stuck", n))
		}
	}
	futex.Facts(now, facts)
	for _, err := range errs {
		facts.Incomplete = append(facts.Incomplete, model.Incomplete{Reason: err.Error()})
	}
	return facts, nil
}

func (u *traceUser) readAll(pids []int) (out []*futex.Process, errs []error) {
	for _, pid := range pids {
		p, err := futex.Read(pid, futex.Options{NoStop: u.noStop})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = append(out, p)
	}
	return out, errs
}
