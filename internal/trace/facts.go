package trace

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/model"
)

// Read is the reader of saved lock orders for package evidence.
func Read(_ context.Context, r io.Reader, input int, f *model.Facts) error {
	s, err := ReadSaved(r)
	if err != nil {
		return err
	}
	s.AddTo(f, input)
	return nil
}

// Sniff reports whether an input that begins with head is a saved graph.
func Sniff(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	return bytes.HasPrefix(head, []byte("{")) && bytes.Contains(head[:min(len(head), 256)], []byte(`"gordian/trace/v`))
}

// AddTo states the orders of a graph as facts.
func (s *Saved) AddTo(f *model.Facts, input int) {
	a := adder{s: s, f: f, input: input, boot: f.NewBoot(), refs: s.refs(), waited: map[waiter]bool{}}
	if s.Boot != "" {
		a.boot = model.Boot(s.Boot) // two graphs of one boot speak of the same locks
	}
	for i, c := range s.Classes {
		f.Locks = append(f.Locks, model.Lock{Ref: model.LockRef(a.boot, "class "+a.refs[i].Name()), Boot: a.boot, Class: a.refs[i], Type: c.Type,
			Why: model.Provenance{Input: input, Locator: "class " + strconv.Itoa(i), Excerpt: c.Name, Derived: c.Guessed}})
	}
	for _, o := range s.Orders {
		if o.To.Wait {
			a.waited[waiter{o.To.Class, o.PID}] = true
		}
	}
	for i := range s.Orders {
		a.order(i)
	}
	f.Count("lock_orders", int64(len(s.Orders)))
	f.Count("lock_classes", int64(len(s.Classes)))
	for _, w := range sortedKeys(s.Lost) {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: strconv.FormatInt(s.Lost[w], 10) + " " + w})
	}
	for _, n := range s.Notes {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: n})
	}
}

func sortedKeys(m Losses) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// refs names the classes as lockdep would, and adds the initialiser where two
// classes would otherwise have one name.
func (s *Saved) refs() []model.Ref {
	used := map[string]int{}
	for _, c := range s.Classes {
		used[c.Name]++
	}
	out := make([]model.Ref, len(s.Classes))
	for i, c := range s.Classes {
		name := c.Name
		if c.Type == model.Work {
			name = "(work_completion)" + name
		}
		if used[c.Name] > 1 {
			if where := strings.TrimSpace(c.Init + " " + bracket(c.Module)); where != "" {
				name += " (" + where + ")"
			} else {
				name += " (" + string(c.Type) + ")"
			}
		}
		out[i] = model.ClassRef(name)
	}
	return out
}

func bracket(module string) string {
	if module == "" {
		return ""
	}
	return "[" + module + "]"
}

type adder struct {
	s     *Saved
	f     *model.Facts
	input int
	boot  model.Boot
	refs  []model.Ref

	waited map[waiter]bool
}

// waiter is a task that waited for a class.
type waiter struct{ class, pid int }

// order states that each lock that was held is before the one that was taken.
func (a *adder) order(i int) {
	o := &a.s.Orders[i]
	if o.To.Completes && a.waited[waiter{o.To.Class, o.PID}] {
		return // it drops the last reference and then waits for that: nobody else needs what it holds (mm/shrinker.c, shrinker_free())
	}
	stack := parseStack(o.Stack)
	for h := range o.Held {
		from := o.Held[h]
		if from.Wait || a.s.Classes[from.Class].HandedOver {
			continue
		}
		pairs := a.pairs(o, h)
		if a.refs[from.Class] == a.refs[o.To.Class] && !a.contradicts(o, pairs) {
			continue // two locks of one class in one order: an order of their own, as lockdep's subclasses
		}
		e := model.Edge{Kind: model.Before, From: a.refs[from.Class], To: a.refs[o.To.Class], FromMode: from.Mode, Mode: o.To.Mode,
			Try: o.To.Try, Stack: stack, Pairs: pairs, PID: o.PID, Comm: o.Comm}
		if f, ok := parseFrame(from.At); ok {
			e.FromStack = []model.Frame{f}
		}
		if f, ok := parseFrame(o.To.At); ok {
			e.Func = f.Func
		}
		for g := range o.Held {
			if g != h && o.Held[g].Mode == model.Write && a.s.Classes[o.Held[g].Class].Type != model.Work && !a.s.Classes[o.Held[g].Class].HandedOver {
				e.Gate = append(e.Gate, a.refs[o.Held[g].Class])
			}
		}
		if o.To.Completes { // who waits for it waits for what this task holds
			e.From, e.To, e.FromMode, e.Mode, e.Gate = e.To, e.From, model.Write, from.Mode, nil
			e.Pairs = swap(e.Pairs)
		}
		e.Why = []model.Provenance{{Input: a.input, Locator: "order " + strconv.Itoa(i), Excerpt: a.say(o, h),
			Derived: a.s.Classes[from.Class].Guessed || a.s.Classes[o.To.Class].Guessed}}
		a.f.Edges = append(a.f.Edges, e)
	}
}

// contradicts reports whether an order of two locks of one class, seen on
// pairs, is wrong by itself: the same two were taken the other way round, or
// they are one lock and a reader reads it twice.
func (a *adder) contradicts(o *SavedOrder, pairs []model.LockPair) bool {
	same := slices.ContainsFunc(pairs, func(p model.LockPair) bool { return p.From == p.To })
	return same && o.Again || !same && o.Reversed
}

func swap(p []model.LockPair) []model.LockPair {
	for i := range p {
		p[i].From, p[i].To = p[i].To, p[i].From
	}
	return p
}

// pairs are the instances that an order was seen on. The one lock of a static
// class is the same in every boot.
func (a *adder) pairs(o *SavedOrder, h int) []model.LockPair {
	var out []model.LockPair
	for _, row := range o.Locks {
		p := model.LockPair{From: a.instance(o.Held[h].Class, row[h]), To: a.instance(o.To.Class, row[len(row)-1])}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func (a *adder) instance(class int, addr string) model.Ref {
	if a.s.Classes[class].Static {
		return a.refs[class]
	}
	return model.LockRef(a.boot, addr)
}

func (a *adder) say(o *SavedOrder, h int) string {
	from, to := o.Held[h], o.To
	verb := "took "
	switch {
	case to.Wait:
		verb = "waited for "
	case to.Completes:
		verb = "completed "
	case to.Try:
		verb = "tried "
	}
	text := fmt.Sprintf("%s/%d %s%s%s while it held %s%s", o.Comm, o.PID, verb, a.refs[to.Class].Name(), reading(to), a.refs[from.Class].Name(), reading(from))
	if o.Count > 1 {
		text += fmt.Sprintf(", %d times", o.Count)
	}
	return text
}

func reading(l SavedLock) string {
	if l.Mode.Shared() {
		return " for reading"
	}
	return ""
}

func parseStack(lines []string) []model.Frame {
	var out []model.Frame
	for _, l := range lines {
		if f, ok := parseFrame(l); ok {
			out = append(out, f)
		}
	}
	return out
}

// parseFrame reads "fn+0x1/0x2 [mod]".
func parseFrame(s string) (model.Frame, bool) {
	var f model.Frame
	if s, f.Unreliable = strings.CutPrefix(s, "? "); s == "" {
		return f, false
	}
	fn, mod, _ := strings.Cut(s, " [")
	f.Module = strings.TrimSuffix(mod, "]")
	name, at, ok := strings.Cut(fn, "+0x")
	f.Func = name
	if !ok {
		return f, true
	}
	off, size, _ := strings.Cut(at, "/0x")
	f.Offset, _ = strconv.ParseUint(off, 16, 64) // 0 when it is none
	f.Size, _ = strconv.ParseUint(size, 16, 64)
	return f, true
}
