package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/bpf"
	"gordian/internal/trace"
)

const traceContentionLong = `Measure where the kernel waits for its locks, spinlocks included, and how long.

It rests on the tracepoints lock:contention_begin and contention_end (Linux 5.19),
which only the slow paths pass: a lock that is free costs nothing more. For each
place: the lock, how often and how long it was waited for, the stack, a histogram,
and a task that held it (mutexes and rwsems), with what that task did then.`

const traceContentionExample = `  sudo gordian trace contention --duration 10s
  sudo gordian trace contention -d 1m -f pprof -o locks.pb.gz; go tool pprof -top locks.pb.gz
  sudo gordian trace contention -d 30s -f folded | flamegraph.pl > locks.svg
  sudo gordian trace contention -d 15s -f prometheus -o /var/lib/node_exporter/locks.prom`

type traceContention struct {
	Streams
	format   *choice
	file     string
	duration time.Duration
	top      int
}

func newTraceContention(s Streams) *cobra.Command {
	t := &traceContention{Streams: s, format: newChoice("text", "text", "json", "folded", "pprof", "prometheus")}
	c := &cobra.Command{
		Use:     "contention [flags]",
		Short:   "Measure where the kernel waits for its locks, and how long",
		Long:    traceContentionLong,
		Example: traceContentionExample,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return t.run(c.Context()) },
	}
	c.Flags().VarP(t.format, "format", "f", "output format: text, json, folded (flame graphs), pprof, prometheus")
	_ = c.RegisterFlagCompletionFunc("format", t.format.complete)
	c.Flags().StringVarP(&t.file, "output", "o", "", "write to `FILE`, which appears whole or not at all")
	c.Flags().DurationVarP(&t.duration, "duration", "d", 10*time.Second, "measure for this `TIME`, or until Ctrl-C")
	c.Flags().IntVar(&t.top, "top", 20, "show the `N` longest waits (text only)")
	return c
}

func (t *traceContention) run(ctx context.Context) error {
	if t.duration <= 0 || t.top <= 0 {
		return errors.New("--duration and --top must be above 0")
	}
	syms, err := kernelSymbols()
	if err != nil {
		return err
	}
	c, err := bpf.OpenContention()
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // the process ends
	fmt.Fprintf(t.Err, "gordian: measuring for %s; Ctrl-C ends and reports\n", t.duration)
	start := time.Now()
	owners := map[trace.SiteKey]trace.Owner{}
	err = c.Owners(ctx, start.Add(t.duration), func(k trace.SiteKey, o trace.Owner) {
		if old, ok := owners[k]; !ok || len(old.Stack) == 0 {
			o.Stack = stackOf(o.PID)
			owners[k] = o
		}
	})
	if err != nil {
		return err
	}
	sites, err := c.Sites()
	if err != nil {
		return err
	}
	if fresh, err := kernelSymbols(); err == nil {
		syms = fresh // of modules that were loaded meanwhile
	}
	table := trace.NewContention(syms, sites, owners)
	table.Took, table.Kernel = time.Since(start), oneLine("/proc/sys/kernel/osrelease")
	if table.Lost, err = c.Lost(); err != nil {
		return err
	}
	if t.format.value != "text" && t.format.value != "json" { // these two say it themselves
		for _, what := range slices.Sorted(maps.Keys(table.Lost)) {
			fmt.Fprintf(t.Err, "gordian: not counted: %d %s\n", table.Lost[what], what)
		}
	}
	return t.write(table)
}

func (t *traceContention) write(table *trace.Contention) error {
	form := map[string]func(io.Writer) error{"json": table.WriteJSON, "folded": table.WriteFolded, "pprof": table.WritePprof, "prometheus": table.WritePrometheus,
		"text": func(w io.Writer) error { return table.WriteText(w, t.top) }}[t.format.value]
	if t.file != "" && t.file != "-" {
		return writeFile(t.file, form)
	}
	if t.format.value == "pprof" && t.OutTTY {
		return errors.New("--format pprof is binary: give -o FILE")
	}
	if err := form(t.Out); err != nil {
		return fmt.Errorf("write output: %w", err)
	}
	return nil
}

// stackOf reads what a task does at this moment (/proc/PID/stack). It blocks
// on nothing that the task holds.
func stackOf(pid int) []string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stack")
	if err != nil {
		return nil
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if _, fn, ok := strings.Cut(strings.TrimSpace(line), "] "); ok { // "[<0>] fn+0x1/0x2"
			out = append(out, fn)
		}
	}
	return out
}
