package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/bpf"
	"gordian/internal/check"
	"gordian/internal/model"
	"gordian/internal/trace"
)

const traceOrderLong = `Record which locks are taken while which others are held, and report orders that
contradict each other: deadlocks that have not happened yet. Unlike lockdep it needs
no other kernel, knows semaphores, and goes on after the first report.

Followed are mutexes, rwsems, semaphores, rt_mutexes, ww_mutexes, writers of percpu
rwsems, and as waits completions and work items. Spinlocks are not: see
` + "`gordian trace contention`" + `.

` + exitHelp

const traceOrderExample = `  sudo gordian trace order --duration 10m
  sudo gordian trace order --save host1.json      until Ctrl-C
  gordian diagnose host1.json host2.json          what no single run has seen
  sudo gordian trace order --pid 4242 --module xfs
  sudo gordian trace order -- make -C tests run   as long as a command runs`

type traceOrder struct {
	Streams
	out         output
	failOn      *choice
	duration    time.Duration
	command     []string // traced while it runs
	save        string
	pid         int
	kprobes     bool
	maxOverhead percent
	filter      traceFilter
}

func newTraceOrder(s Streams) *cobra.Command {
	t := &traceOrder{Streams: s, failOn: newChoice("error", "error", "warning", "note", "never"), maxOverhead: 5}
	c := &cobra.Command{
		Use:     "order [flags] [-- COMMAND [ARGS...]]",
		Short:   "Report lock orders that could deadlock, as the kernel takes them",
		Long:    traceOrderLong,
		Example: traceOrderExample,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				return usageError(c, fmt.Errorf("%q: a command to run stands behind --", args[0]))
			}
			t.command = args
			return t.run(c.Context())
		},
	}
	t.out.addFlags(c, s)
	addChoice(c, t.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	c.Flags().DurationVarP(&t.duration, "duration", "d", 0, "stop after this `TIME` (default: Ctrl-C stops)")
	c.Flags().StringVar(&t.save, "save", "", "write the lock-order graph to `FILE`, for `gordian diagnose`")
	c.Flags().IntVar(&t.pid, "pid", 0, "follow only the process `PID`")
	c.Flags().BoolVar(&t.kprobes, "kprobes", false, "attach by kprobes, which cost more, instead of fentry")
	c.Flags().Var(&t.maxOverhead, "max-overhead", "pause so that the programs take at most `PERCENT` of the CPUs")
	t.filter.addFlags(c)
	return c
}

func (t *traceOrder) run(ctx context.Context) error {
	if err := t.out.choose(nil); err != nil {
		return err
	}
	if err := t.filter.prepare(); err != nil {
		return err
	}
	live, err := openLive(t)
	if err != nil {
		return err
	}
	// The report comes before the programs are taken away, which may take the
	// kernel seconds: nothing is recorded any more.
	saved, err := live.watch(ctx)
	if err == nil {
		err = t.report(saved)
	}
	return errors.Join(err, live.close())
}

// report shows what was found; an interrupt is the usual way to end a trace,
// so it shows that too.
func (t *traceOrder) report(saved *trace.Saved) error {
	facts, findings := judgeOrders(context.Background(), saved)
	return traceReport{&t.out, &t.filter, t.failOn.value, t.save}.write(saved, facts, findings)
}

func judgeOrders(ctx context.Context, saved *trace.Saved) (*model.Facts, []model.Finding) {
	f := &model.Facts{Inputs: []model.Input{{Path: "running kernel " + saved.Kernel, Kind: model.InputTrace, Format: "eBPF, lock orders"}}}
	saved.AddTo(f, 0)
	return f, check.Run(ctx, f)
}

// live is one run of the order tier.
type live struct {
	t     *traceOrder
	bpf   *bpf.Order
	c     *trace.Collector
	start time.Time
	shown map[string]model.Confidence
	asked map[trace.OrderKey]bool
	drawn int // version of the graph that was judged last
	off   time.Duration
}

func openLive(t *traceOrder) (*live, error) {
	syms, err := kernelSymbols()
	if err != nil {
		return nil, err
	}
	b, err := bpf.OpenOrder(bpf.OrderOptions{Symbols: syms, TGID: t.pid, Cgroup: t.filter.cgroup, Level: t.filter.level, Kprobes: t.kprobes})
	if err != nil {
		return nil, err
	}
	l := &live{t: t, bpf: b, c: trace.NewCollector(syms, slabCaches()), shown: map[string]model.Confidence{}, asked: map[trace.OrderKey]bool{}}
	if err := b.Start(); err != nil {
		b.Close() //nolint:errcheck // the first error is the cause
		return nil, err
	}
	l.start = time.Now()
	l.say("following %d functions, ready after %d ms; Ctrl-C ends and reports", b.Hooks, b.Took.Milliseconds())
	return l, nil
}

func (l *live) say(format string, args ...any) {
	if !l.t.out.quiet {
		fmt.Fprintln(l.t.Err, "gordian: "+safe(fmt.Sprintf(format, args...)))
	}
}

// watch reads events until the time is over or the user ends it, and returns
// the graph.
func (l *live) watch(ctx context.Context) (*trace.Saved, error) {
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	return l.graph()
}

func (l *live) read(ctx context.Context) error {
	end := l.start.Add(l.t.duration)
	budget := newBudget(l.bpf, float64(l.t.maxOverhead), l.say)
	ctx, done := context.WithCancel(ctx)
	defer done()
	ended := make(chan error, 1)
	if len(l.t.command) == 0 {
		ended <- nil
	} else {
		go func() {
			ended <- l.command(ctx)
			done()
		}()
	}
	for ctx.Err() == nil && (l.t.duration == 0 || time.Now().Before(end)) {
		until := time.Now().Add(time.Second)
		if l.t.duration > 0 && end.Before(until) {
			until = end
		}
		if err := l.bpf.Read(ctx, until, l); err != nil {
			return err
		}
		l.judge(ctx)
		if err := budget.step(); err != nil {
			return err
		}
	}
	l.off = budget.off
	done()
	if err := <-ended; err != nil {
		return err
	}
	return l.drain()
}

// drain reads what is still in the ring buffer.
func (l *live) drain() error {
	if err := l.bpf.Pause(); err != nil {
		return err
	}
	return l.bpf.Read(context.Background(), time.Now().Add(200*time.Millisecond), l)
}

// command runs what is to be traced. Its output goes beside the report. That
// it fails is its own business, and is said.
func (l *live) command(ctx context.Context) error {
	c := exec.CommandContext(ctx, l.t.command[0], l.t.command[1:]...)
	c.Stdout, c.Stderr = l.t.Err, l.t.Err
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = 5 * time.Second
	err := c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		l.say("%s: %v", l.t.command[0], err)
		return nil
	}
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("run the command: %w", err)
	}
	return nil
}

// judge says what is new, once, and asks for samples that could make it surer.
func (l *live) judge(ctx context.Context) {
	if l.c.Version() == l.drawn {
		return
	}
	l.drawn = l.c.Version()
	_, findings := judgeOrders(ctx, l.c.Save())
	for i := range findings {
		f := &findings[i]
		if f.Confidence != model.High {
			for _, k := range l.c.Behind(f) {
				if !l.asked[k] {
					l.asked[k] = true
					l.bpf.Sample(k, 64) //nolint:errcheck // without samples the finding stays as sure as it is
				}
			}
		}
		if old, ok := l.shown[f.Fingerprint]; ok && old.Rank() >= f.Confidence.Rank() {
			continue
		}
		l.shown[f.Fingerprint] = f.Confidence
		if l.t.filter.keeps(f) {
			l.say("%s (%s confidence)", f.Title, f.Confidence)
		}
	}
}

// graph returns what was seen, with what was not.
func (l *live) graph() (*trace.Saved, error) {
	counts, err := l.bpf.Counts()
	lost, err2 := l.bpf.Lost()
	if err := errors.Join(err, err2); err != nil {
		return nil, err
	}
	l.c.SetCounts(counts)
	saved := l.c.Save()
	for k, n := range lost {
		saved.Lost[k] += n
	}
	seconds := int64(time.Since(l.start).Seconds() + 0.5)
	saved.Seconds, saved.Kernel, saved.Boot = seconds, oneLine("/proc/sys/kernel/osrelease"), oneLine("/proc/sys/kernel/random/boot_id")
	for _, m := range l.bpf.Left {
		saved.Notes = append(saved.Notes, m.Func+" is not followed: "+m.Why)
	}
	if l.off > 0 {
		saved.Notes = append(saved.Notes, fmt.Sprintf("recording paused for %.0f of %d s, to stay below %s of the CPUs", l.off.Seconds(), seconds, l.t.maxOverhead.String()))
	}
	return saved, nil
}

// close takes everything away.
func (l *live) close() error {
	begin := time.Now()
	err := l.bpf.Close()
	l.say("detached after %d ms", time.Since(begin).Milliseconds())
	return err
}

// Order, Class, Stray and Modules are told by the programs: bpf.Sink.
func (l *live) Order(o *trace.Order) { l.c.Order(o) }

func (l *live) Class(c *trace.Class) { l.c.Class(c) }

func (l *live) Stray(addr uint64) {
	for _, class := range l.bpf.HeldElsewhere(addr) {
		l.c.HandedOver(class)
	}
}

func (l *live) Modules() {
	if s, err := kernelSymbols(); err == nil {
		l.c.SetSymbols(s)
	}
}

func kernelSymbols() (*trace.Symbols, error) {
	f, err := os.Open("/proc/kallsyms")
	if err != nil {
		return nil, fmt.Errorf("read the kernel's symbols: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	s, err := trace.ReadSymbols(f)
	if err != nil {
		return nil, fmt.Errorf("read the kernel's symbols: %w", err)
	}
	if s.Len() == 0 {
		return nil, errors.New("read the kernel's symbols: their addresses are hidden: run as root, with kernel.kptr_restrict below 2")
	}
	return s, nil
}

// slabCaches lists the caches of the kernel's allocator, nil if it does not
// say.
func slabCaches() map[string]bool {
	f, err := os.Open("/proc/slabinfo")
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(f, 4<<20))
	if err != nil {
		return nil
	}
	out := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(name, "#") {
			out[name] = true
		}
	}
	return out
}

func oneLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
