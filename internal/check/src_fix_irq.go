package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
	"gordian/internal/srcfix"
)

// pairOf is how the calls that take and release a lock in one function are to
// be renamed.
type pairOf struct {
	lock, unlock string // as they are
	toLock       string
	toUnlock     string
	saves        bool // the new ones take a flags variable
	saved        bool // the old ones do
}

// plainPair finds the plain names in an API name, "spin_lock_bh" being made of
// "spin_lock": what the other variants of the same lock are built from.
func plainPair(api string) (lock, unlock, suffix string, ok bool) {
	for _, base := range []string{"raw_spin_lock", "raw_read_lock", "raw_write_lock", "spin_lock", "read_lock", "write_lock", "read_seqlock_excl", "write_seqlock"} {
		if rest, is := strings.CutPrefix(api, base); is && slices.Contains([]string{"", "_irq", "_irqsave", "_bh"}, rest) {
			return base, releaseOf(base), rest, true
		}
	}
	return "", "", "", false
}

// unlockSuffix is what a release is called for an acquisition with suffix.
func unlockSuffix(suffix string) string {
	if suffix == "_irqsave" {
		return "_irqrestore"
	}
	return suffix
}

// changePair says how to turn the calls of one variant into another.
func changePair(api, suffix string) (pairOf, bool) {
	lock, unlock, old, ok := plainPair(api)
	if !ok || old == suffix {
		return pairOf{}, false
	}
	return pairOf{lock: lock + old, unlock: unlock + unlockSuffix(old), toLock: lock + suffix, toUnlock: unlock + unlockSuffix(suffix),
		saves: suffix == "_irqsave", saved: old == "_irqsave"}, true
}

// convert changes all calls that take or release one lock in the function
// around a line, and declares a flags variable where it takes one.
func convert(t srcfix.Text, near int, p pairOf, arg string) ([]model.Edit, bool) {
	open, end, ok := t.Function(near)
	if !ok {
		return nil, false
	}
	takes, releases := t.Calls(open, end, p.lock, arg), t.Calls(open, end, p.unlock, arg)
	if len(takes) == 0 || len(releases) == 0 || !slices.Contains(takes, near) {
		return nil, false // taken here and released elsewhere: the other side has to change as well
	}
	args := []string{arg}
	var edits []model.Edit
	if p.saves {
		name := freeName(t, open, end)
		if name == "" {
			return nil, false
		}
		args = append(args, name)
		edits = append(edits, t.Declare(open, "unsigned long "+name+";"))
	}
	for _, list := range []struct {
		at       []int
		from, to string
	}{{takes, p.lock, p.toLock}, {releases, p.unlock, p.toUnlock}} {
		for _, n := range list.at {
			e, ok := t.ReplaceCall(n, list.from, list.to, args...)
			if !ok {
				return nil, false
			}
			edits = append(edits, e)
		}
	}
	return edits, true
}

// freeName returns a name for the flags that the function does not use yet,
// its parameters included.
func freeName(t srcfix.Text, open, end int) string {
	for _, name := range []string{"flags", "irqflags", "irq_flags"} {
		if !t.Uses(max(open-6, 1), end, name) {
			return name
		}
	}
	return ""
}

// irqFixes keeps the interrupt out while a function holds the lock.
func (v *srcView) irqFixes(h *srcfact.Use, l *srcfact.Lock, at srcfact.Step) []model.Fix {
	// Some host controllers complete URBs in the hardirq itself (usb_hcd_giveback_urb()).
	urb := len(h.Path) > 0 && containsAny(h.Path[0].Text, "urb", "URB")
	context := h.Context
	suffix := pick(context == model.Softirq && !urb, "_bh", "_irqsave")
	p, ok := changePair(l.API, suffix)
	if !ok || (p.saved && !p.saves) {
		return nil
	}
	t := v.file(at.File)
	args, ok := t.Args(at.Line, l.API)
	if !ok {
		return nil
	}
	edits, ok := convert(t, at.Line, p, args[0])
	return edited(t, "Keep the "+string(context)+" out while "+at.Func+"() holds it",
		p.toLock+"() and "+p.toUnlock+"() in "+at.Func+"(). Every other place outside the handler that takes "+lockNode(l)+" needs the same.", edits, ok)
}

// callOn finds the call on a line that takes or releases a lock.
func callOn(t srcfix.Text, line int, l *srcfact.Lock) (fn string, args []string, ok bool) {
	if l == nil {
		return "", nil, false
	}
	names := []string{l.API, releaseOf(l.API)}
	if base, unlock, _, ok := plainPair(strings.Replace(l.API, "unlock", "lock", 1)); ok {
		names = append(names, base, unlock, unlock+"_irq", unlock+"_irqrestore", base+"_irqsave", base+"_irq")
	}
	for _, fn := range names {
		if args, ok := t.Args(line, fn); ok && fn != "" {
			return fn, args, true
		}
	}
	return "", nil, false
}

// irqLock is the lock of the step that changes the interrupt state.
func (st *slipStory) irqLock() *srcfact.Lock {
	if st.last.Lock == nil && len(st.Locks) > 0 {
		return &st.Locks[0]
	}
	return st.last.Lock
}

// fixIRQPair lets the inner section restore what it found instead of turning
// interrupts on.
func fixIRQPair(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	fn, args, ok := callOn(t, st.last.Line, st.irqLock())
	base, can := strings.CutSuffix(strings.Replace(fn, "unlock", "lock", 1), "_irq")
	if !ok || !can {
		return nil
	}
	p, can := changePair(base+"_irq", "_irqsave")
	open, end, ok := t.Function(st.last.Line)
	if !ok || !can {
		return nil
	}
	if takes := t.Calls(open, end, p.lock, args[0]); len(takes) > 0 {
		edits, ok := convert(t, takes[0], p, args[0])
		return edited(t, "Save the state, and restore it", p.toLock+"() and "+p.toUnlock+"() leave interrupts as they were. Where "+st.last.Func+"() always runs with interrupts off, the plain calls are enough.", edits, ok)
	}
	return restored(t, st.last.Line)
}

// fixIRQLeft restores the flags that the acquisition saved.
func fixIRQLeft(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	if fix := restored(t, st.last.Line); fix != nil {
		return fix
	}
	open, end, ok := t.Function(st.last.Line)
	flags := strings.TrimPrefix(st.variable(), ", ")
	if !ok || flags == "" || len(t.Calls(open, end, "local_irq_save", flags)) == 0 {
		return nil
	}
	edits, ok := t.InsertBefore(st.last.Line, "local_irq_restore("+flags+");")
	return edited(t, "Restore the flags before line "+itoa(st.last.Line), "As local_irq_save() wants it on every path.", edits, ok)
}

// restored lets each release in the function around a line restore the flags
// that the acquisition of the same lock saved.
func restored(t srcfix.Text, near int) []model.Fix {
	open, end, ok := t.Function(near)
	if !ok {
		return nil
	}
	var edits []model.Edit
	saved := 0
	for _, base := range []string{"spin_lock", "raw_spin_lock", "read_lock", "write_lock"} {
		flags := savedFlags(t, open, end, base+"_irqsave")
		for n := open; n <= end; n++ {
			for _, suffix := range []string{"", "_irq", "_irqrestore"} {
				args, ok := t.Args(n, releaseOf(base)+suffix)
				if !ok || flags[args[0]] == "" || len(args) > 1 && args[1] == flags[args[0]] {
					continue
				}
				if e, ok := t.ReplaceCall(n, releaseOf(base)+suffix, releaseOf(base)+"_irqrestore", args[0], flags[args[0]]); ok {
					edits = append(edits, e)
					saved++
				}
			}
		}
	}
	return edited(t, "Restore the flags that were saved", "Each release restores what the acquisition of the same lock saved.", edits, saved > 0)
}

// savedFlags returns the flags variable of each lock that is only ever taken
// with one.
func savedFlags(t srcfix.Text, open, end int, fn string) map[string]string {
	out := map[string]string{}
	plain, _, _, _ := plainPair(fn)
	for n := open; n <= end; n++ {
		if args, ok := t.Args(n, fn); ok && len(args) == 2 {
			if old, twice := out[args[0]]; twice && old != args[1] {
				out[args[0]] = ""
				continue
			}
			out[args[0]] = args[1]
		}
		for _, other := range []string{plain, plain + "_irq", plain + "_bh"} {
			if args, ok := t.Args(n, other); ok {
				out[args[0]] = ""
			}
		}
	}
	return out
}

// fixFlagsReused lets the inner of two sections leave the interrupts alone:
// they are off already.
func fixFlagsReused(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	fn, args, ok := callOn(t, st.last.Line, st.irqLock())
	p, can := changePair(fn, "")
	if !ok || !can || !p.saved {
		return nil
	}
	edits, ok := convert(t, st.last.Line, p, args[0])
	return edited(t, "Leave the interrupts alone in the inner section", "They are off already when line "+itoa(st.last.Line)+" is reached, so "+p.toLock+"() and "+p.toUnlock+"() are enough. If other paths get there with interrupts on, give the inner section a flags variable of its own.", edits, ok)
}

// fixFlagsOrder gives each restore the flags that its own lock saved. Where
// they are right, the order is wrong.
func fixFlagsOrder(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	if fix := restored(t, st.last.Line); fix != nil {
		return fix
	}
	next := st.last.Line + 1
	if next <= len(t.Lines) && strings.Contains(t.Lines[next-1], "irqrestore") {
		edits, ok := t.Swap(st.last.Line, next)
		return edited(t, "Restore in reverse order", "What was turned off last is turned on first.", edits, ok)
	}
	return nil
}
