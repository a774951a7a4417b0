package trace

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/pprof/profile"
)

// WriteJSON writes the table.
func (c *Contention) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	return e.Encode(c)
}

// WriteFolded writes stacks as flame graphs are drawn of: outermost function
// first, the lock last, and the microseconds waited.
func (c *Contention) WriteFolded(w io.Writer) error {
	sums := map[string]time.Duration{}
	for i := range c.Waits {
		var parts []string
		for _, f := range slices.Backward(c.Waits[i].Stack) {
			fn, _, _ := strings.Cut(f, "+")
			parts = append(parts, folded(fn))
		}
		sums[strings.Join(append(parts, folded(c.Waits[i].Lock)), ";")] += c.Waits[i].Total
	}
	var lines []string
	for k, d := range sums {
		lines = append(lines, fmt.Sprintf("%s %d\n", k, d.Microseconds()))
	}
	slices.Sort(lines)
	_, err := io.WriteString(w, strings.Join(lines, ""))
	return err
}

func folded(s string) string { return strings.NewReplacer(";", ",", " ", "_", "\n", "_").Replace(s) }

// WritePprof writes a profile of two values, waits and nanoseconds, for
// `go tool pprof`.
func (c *Contention) WritePprof(w io.Writer) error {
	p := &profile.Profile{
		SampleType:    []*profile.ValueType{{Type: "contentions", Unit: "count"}, {Type: "delay", Unit: "nanoseconds"}},
		PeriodType:    &profile.ValueType{Type: "contentions", Unit: "count"},
		Period:        1,
		DurationNanos: int64(c.Took),
	}
	places := map[string]*profile.Location{}
	place := func(name string) *profile.Location {
		if l, ok := places[name]; ok {
			return l
		}
		fn := &profile.Function{ID: uint64(len(p.Function) + 1), Name: name, SystemName: name}
		l := &profile.Location{ID: fn.ID, Line: []profile.Line{{Function: fn}}}
		p.Function, p.Location, places[name] = append(p.Function, fn), append(p.Location, l), l
		return l
	}
	for i := range c.Waits {
		x := &c.Waits[i]
		s := &profile.Sample{Value: []int64{x.Count, int64(x.Total)}, Label: map[string][]string{"lock": {x.Lock}, "type": {string(x.Type)}}}
		for _, f := range x.Stack {
			fn, _, _ := strings.Cut(f, "+")
			s.Location = append(s.Location, place(fn))
		}
		if len(s.Location) == 0 {
			s.Location = append(s.Location, place(x.Caller))
		}
		p.Sample = append(p.Sample, s)
	}
	return p.Write(w)
}

// WritePrometheus writes the text format that Prometheus scrapes, summed up
// by lock and calling function.
func (c *Contention) WritePrometheus(w io.Writer) error {
	type sum struct {
		count int64
		total time.Duration
	}
	sums := map[string]sum{}
	for i := range c.Waits {
		x := &c.Waits[i]
		k := fmt.Sprintf("{lock=\"%s\",type=\"%s\",caller=\"%s\"}", label(x.Lock), label(string(x.Type)), label(x.Caller))
		s := sums[k]
		sums[k] = sum{s.count + x.Count, s.total + x.Total}
	}
	var keys []string
	for k := range sums {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	b.WriteString("# HELP gordian_lock_waits_total Times that the kernel waited for a lock.\n# TYPE gordian_lock_waits_total counter\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "gordian_lock_waits_total%s %d\n", k, sums[k].count)
	}
	b.WriteString("# HELP gordian_lock_wait_seconds_total Time that the kernel waited for a lock.\n# TYPE gordian_lock_wait_seconds_total counter\n")
	for _, k := range keys {
		fmt.Fprintf(&b, "gordian_lock_wait_seconds_total%s %g\n", k, sums[k].total.Seconds())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func label(s string) string {
	return strings.NewReplacer("\\", "\\\\", "\"", "\\\"", "\n", "\\n").Replace(s)
}

// WriteText writes the first rows for a person.
func (c *Contention) WriteText(w io.Writer, top int) error {
	var b strings.Builder
	if len(c.Waits) == 0 {
		fmt.Fprintf(&b, "In %s nobody waited for a lock.\n", c.Took.Round(time.Millisecond))
	}
	for i := range c.Waits[:min(top, len(c.Waits))] {
		c.Waits[i].text(&b)
	}
	if n := len(c.Waits) - top; n > 0 {
		fmt.Fprintf(&b, "and %d more; --top shows more of them\n", n)
	}
	for _, k := range sortedKeys(c.Lost) {
		fmt.Fprintf(&b, "not counted: %d %s\n", c.Lost[k], k)
	}
	_, err := io.WriteString(w, strings.Map(printable, b.String()))
	return err
}

// printable: a task can call itself anything.
func printable(r rune) rune {
	if r != '\n' && !unicode.IsPrint(r) {
		return '?'
	}
	return r
}

func (w *Contended) text(b *strings.Builder) {
	fmt.Fprintf(b, "%s (%s%s): %s in %d waits, %s at most, in %s()\n", w.Lock, w.Type, map[bool]string{true: ", for reading"}[w.Mode.Shared()],
		brief(w.Total), w.Count, brief(w.Longest), w.Caller)
	for i, n := range w.Buckets {
		if n > 0 {
			fmt.Fprintf(b, "    %10s … %-8s %s\n", brief(time.Duration(1)<<i), fmt.Sprint(n), strings.Repeat("#", int(max(1, n*40/w.Count))))
		}
	}
	for _, f := range w.Stack[:min(len(w.Stack), 8)] {
		fmt.Fprintf(b, "      %s\n", f)
	}
	if o := w.Owner; o != nil {
		fmt.Fprintf(b, "    held by %s/%d", strings.ReplaceAll(o.Comm, "\n", "?"), o.PID)
		if len(o.Stack) > 0 {
			fmt.Fprintf(b, ", which then was in")
		}
		b.WriteString("\n")
		for _, f := range o.Stack[:min(len(o.Stack), 8)] {
			fmt.Fprintf(b, "      %s\n", f)
		}
	}
}

// brief rounds a time to three digits.
func brief(d time.Duration) string {
	for unit := time.Second; unit > 1; unit /= 1000 {
		if d >= unit {
			return d.Round(unit / 100).String()
		}
	}
	return d.String()
}
