package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/bpf"
	"gordian/internal/check"
	"gordian/internal/futex"
	"gordian/internal/model"
	"gordian/internal/trace"
)

const traceUserOrderLong = `Record which pthread locks of programs are taken while which others are held, and
report orders that contradict each other: deadlocks that have not happened yet.

Followed are mutexes and read-write locks of glibc and musl, in processes that run
or in a command that is started for it, also when they share a lock. Probes in the
C library (uprobes) do it, in these processes only; each stop costs some 2200
instructions, which programs that take millions of locks a second feel. Children
are not followed.

` + exitHelp

const traceUserOrderExample = `  sudo gordian trace user order -p 4242 --duration 1m
  sudo gordian trace user order --comm postgres -d 30s    all processes of a name
  sudo gordian trace user order -- ./server --selftest    from its first lock on
  sudo gordian trace user order -p 4242 --save a.json     for gordian diagnose`

type traceUserOrder struct {
	Streams
	out      output
	failOn   *choice
	duration time.Duration
	save     string
	command  []string
	procs    processes
	filter   traceFilter
}

func newTraceUserOrder(s Streams) *cobra.Command {
	t := &traceUserOrder{Streams: s, failOn: newChoice("error", "error", "warning", "note", "never")}
	c := &cobra.Command{
		Use:     "order [flags] -p PID... | [flags] -- COMMAND [ARGS...]",
		Short:   "Report lock orders of programs that could deadlock",
		Long:    traceUserOrderLong,
		Example: traceUserOrderExample,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				return usageError(c, fmt.Errorf("%q: a command to run stands behind --", args[0]))
			}
			t.command = args
			return t.run(c)
		},
	}
	t.out.addFlags(c, s)
	addChoice(c, t.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	c.Flags().DurationVarP(&t.duration, "duration", "d", 0, "stop after this `TIME` (default: until Ctrl-C, or the programs end)")
	c.Flags().StringVar(&t.save, "save", "", "write the lock-order graph to `FILE`, for `gordian diagnose`")
	c.Flags().StringVar(&t.filter.known, "baseline", "", "leave out the findings that this `FILE` lists; it is made if there is none")
	t.procs.addFlags(c)
	return c
}

func (t *traceUserOrder) run(c *cobra.Command) error {
	pids, err := t.procs.list()
	if err != nil {
		return err
	}
	if len(pids) == 0 && len(t.command) == 0 {
		return usageError(c, errors.New("no process given: -p PID, --comm NAME, or a command behind --"))
	}
	if err := errors.Join(t.out.choose(nil), t.filter.prepare()); err != nil {
		return err
	}
	l := &userLive{t: t, spaces: map[int]*userSpace{}, shown: map[string]bool{}}
	l.c = trace.NewUserCollector(l.names)
	if err := l.open(c.Context(), pids); err != nil {
		return err
	}
	runErr := l.watch(c.Context())
	saved, err := l.finish()
	if runErr = errors.Join(runErr, err); runErr != nil {
		return runErr
	}
	return t.report(saved)
}

// report shows what was found; an interrupt is the usual way to end a trace.
func (t *traceUserOrder) report(saved *trace.Saved) error {
	facts, findings := judgePrograms(context.Background(), saved)
	return traceReport{&t.out, &t.filter, t.failOn.value, t.save}.write(saved, facts, findings)
}

func judgePrograms(ctx context.Context, saved *trace.Saved) (*model.Facts, []model.Finding) {
	f := &model.Facts{Inputs: []model.Input{{Path: "programs under " + saved.Kernel, Kind: model.InputTrace, Format: "eBPF, lock orders of programs"}}}
	saved.AddTo(f, 0)
	return f, alike(check.Run(ctx, f))
}

// userLive is one run of the order tier for programs.
type userLive struct {
	t      *traceUserOrder
	bpf    *bpf.User
	c      *trace.UserCollector
	spaces map[int]*userSpace
	notes  []string
	start  time.Time
	ended  chan error // of the command
	shown  map[string]bool
	drawn  int
}

func (l *userLive) say(format string, args ...any) {
	if !l.t.out.quiet {
		fmt.Fprintln(l.t.Err, "gordian: "+safe(fmt.Sprintf(format, args...)))
	}
}

// open attaches to the processes, and to the command before it runs.
func (l *userLive) open(ctx context.Context, pids []int) error {
	if len(l.t.command) == 0 {
		return l.attach(pids)
	}
	cmd := exec.CommandContext(ctx, l.t.command[0], l.t.command[1:]...)
	cmd.Stdout, cmd.Stderr = l.t.Err, l.t.Err
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	started := false
	err := futex.Start(cmd, hasThreads, func(pid int) error {
		started = true
		return l.attach(append(slices.Clone(pids), pid))
	})
	if err != nil {
		if started {
			_ = cmd.Process.Kill() // it may have ended
			_ = cmd.Wait()
		}
		return err
	}
	l.ended = make(chan error, 1)
	go func() { l.ended <- cmd.Wait() }()
	return nil
}

func hasThreads(pid int) bool {
	s, err := futex.OpenSpace(pid)
	if err != nil {
		return false
	}
	_, err = s.Threads([]string{"pthread_mutex_lock"})
	return err == nil
}

func (l *userLive) attach(pids []int) error {
	var targets []bpf.UserTarget
	var errs []error
	for _, pid := range pids {
		t, err := l.target(pid)
		if err != nil {
			errs = append(errs, err)
			l.notes = append(l.notes, err.Error())
			continue
		}
		targets = append(targets, t)
	}
	if len(targets) == 0 {
		return errors.Join(errs...)
	}
	var err error
	if l.bpf, err = bpf.OpenUser(targets); err != nil {
		return err
	}
	if err := l.bpf.Start(); err != nil {
		return errors.Join(err, l.bpf.Close())
	}
	l.start = time.Now()
	l.say("following %d functions in %d processes, ready after %d ms; Ctrl-C ends and reports", l.bpf.Probes, len(targets), l.bpf.Took.Milliseconds())
	return nil
}

// target finds what there is to stop at in a process.
func (l *userLive) target(pid int) (bpf.UserTarget, error) {
	t := bpf.UserTarget{PID: pid}
	s, err := futex.OpenSpace(pid)
	if err != nil {
		return t, err
	}
	lib, err := s.Threads(bpf.UserFunctionNames())
	if err != nil {
		return t, err
	}
	t.Musl = lib.C == "musl"
	for _, f := range lib.Functions {
		t.Functions = append(t.Functions, bpf.UserFunction{Name: f.Name, Path: lib.Path, Offset: f.Offset})
	}
	if lib.C == "" {
		l.notes = append(l.notes, fmt.Sprintf("process %d: whether %s is glibc or musl cannot be told, and its locks are taken for those of glibc", pid, lib.Name))
	}
	l.spaces[pid] = &userSpace{s}
	return t, nil
}

func (l *userLive) names(pid int) trace.UserNames {
	if s, ok := l.spaces[pid]; ok {
		return s
	}
	return nil
}

// watch reads events until the time is over, the user ends it, or the programs
// have ended.
func (l *userLive) watch(ctx context.Context) error {
	end := l.start.Add(l.t.duration)
	for ctx.Err() == nil && !l.gone() && (l.t.duration == 0 || time.Now().Before(end)) {
		until := time.Now().Add(200 * time.Millisecond)
		if l.t.duration > 0 && end.Before(until) {
			until = end
		}
		if err := l.bpf.Read(ctx, until, l.c.Add); err != nil {
			return err
		}
		l.judge(ctx)
	}
	if err := l.bpf.Pause(); err != nil {
		return err
	}
	return l.bpf.Read(context.Background(), time.Now().Add(200*time.Millisecond), l.c.Add)
}

// gone reports whether nothing is left to follow.
func (l *userLive) gone() bool {
	if l.ended != nil {
		select {
		case err := <-l.ended:
			if err != nil {
				l.say("%s: %v", l.t.command[0], err)
			}
			return true
		default:
			return false
		}
	}
	for pid := range l.spaces {
		if _, err := os.Stat(fmt.Sprintf("/proc/%d/maps", pid)); err == nil {
			return false
		}
	}
	l.say("the processes have ended")
	return true
}

// judge says what is new, once.
func (l *userLive) judge(ctx context.Context) {
	if l.c.Version() == l.drawn {
		return
	}
	l.drawn = l.c.Version()
	_, findings := judgePrograms(ctx, l.c.Save())
	for i := range findings {
		if f := &findings[i]; !l.shown[f.Fingerprint] && l.t.filter.keeps(f) {
			l.shown[f.Fingerprint] = true
			l.say("%s (%s confidence)", f.Title, f.Confidence)
		}
	}
}

// finish takes everything away and returns the graph.
func (l *userLive) finish() (*trace.Saved, error) {
	counts, err := l.bpf.Counts()
	lost, err2 := l.bpf.Lost()
	l.c.SetCounts(counts)
	saved := l.c.Save()
	for k, n := range lost {
		saved.Lost[k] += n
	}
	saved.Seconds = int64(time.Since(l.start).Seconds() + 0.5)
	begin := time.Now()
	err3 := l.bpf.Close()
	l.say("detached after %d ms", time.Since(begin).Milliseconds())
	saved.Kernel, saved.Boot = oneLine("/proc/sys/kernel/osrelease"), oneLine("/proc/sys/kernel/random/boot_id")
	saved.Notes = append(saved.Notes, l.notes...)
	for _, m := range l.bpf.Left {
		saved.Notes = append(saved.Notes, m.Func+" is not followed: "+m.Why)
	}
	for _, s := range l.spaces {
		saved.Notes = append(saved.Notes, s.Notes()...)
	}
	slices.Sort(saved.Notes)
	saved.Notes = slices.Compact(saved.Notes)
	return saved, errors.Join(err, err2, err3)
}
