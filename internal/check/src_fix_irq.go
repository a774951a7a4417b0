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
		if !t.Mentions(max(open-6, 1), end, name) {
			return name
		}
	}
	return ""
}

// irqFixes keeps the interrupt out while a function holds the lock.
func (v *srcView) irqFixes(context model.Context, l *srcfact.Lock, at srcfact.Step) []model.Fix {
	suffix := pick(context == model.Softirq, "_bh", "_irqsave")
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

// fixIRQPair lets the inner section restore what it found instead of turning
// interrupts on.
func fixIRQPair(v *srcView, st *slipStory) []model.Fix {
	t := v.file(st.last.File)
	unlock := ""
	if st.last.Lock != nil {
		unlock = st.last.Lock.API
	}
	base, ok := strings.CutSuffix(strings.Replace(unlock, "unlock", "lock", 1), "_irq")
	if !ok {
		return nil
	}
	args, ok := t.Args(st.last.Line, unlock)
	p, can := changePair(base+"_irq", "_irqsave")
	if !ok || !can {
		return nil
	}
	open, end, ok := t.Function(st.last.Line)
	if !ok {
		return nil
	}
	if takes := t.Calls(open, end, p.lock, args[0]); len(takes) > 0 {
		edits, ok := convert(t, takes[0], p, args[0])
		return edited(t, "Save the state, and restore it", p.toLock+"() and "+p.toUnlock+"() leave interrupts as they were. Where "+st.last.Func+"() always runs with interrupts off, the plain calls are enough.", edits, ok)
	}
	return restoreInstead(t, st, args[0], base)
}

// fixIRQLeft restores the flags that the acquisition saved.
func fixIRQLeft(v *srcView, st *slipStory) []model.Fix {
	for i := len(st.Path) - 1; i >= 0; i-- {
		s := st.Path[i]
		if s.Kind != srcfact.StepRelease || s.Lock == nil || s.Func != st.last.Func {
			continue
		}
		t := v.file(s.File)
		base := strings.Replace(s.Lock.API, "unlock", "lock", 1)
		if args, ok := t.Args(s.Line, s.Lock.API); ok {
			at := *st
			at.last = s
			if fix := restoreInstead(t, &at, args[0], base); fix != nil {
				return fix
			}
		}
	}
	return nil
}

// restoreInstead makes the release at the story's end restore the flags that
// the acquisition of the same lock in this function saved.
func restoreInstead(t srcfix.Text, st *slipStory, arg, base string) []model.Fix {
	open, end, ok := t.Function(st.last.Line)
	if !ok {
		return nil
	}
	base, _, _, ok = plainPair(base)
	if !ok {
		return nil
	}
	takes := t.Calls(open, end, base+"_irqsave", arg)
	if len(takes) == 0 {
		return nil
	}
	args, ok := t.Args(takes[0], base+"_irqsave")
	if !ok || len(args) != 2 {
		return nil
	}
	to := releaseOf(base) + "_irqrestore"
	e, ok := t.ReplaceCall(st.last.Line, st.last.Lock.API, to, args...)
	return edited(t, "Restore the flags that were saved", "Line "+itoa(takes[0])+" saved them in "+args[1]+": "+to+"() belongs to it.", []model.Edit{e}, ok)
}

// fixFlagsReused lets the inner of two sections leave the interrupts alone:
// they are off already.
func fixFlagsReused(v *srcView, st *slipStory) []model.Fix {
	if st.last.Lock == nil {
		return nil
	}
	t := v.file(st.last.File)
	p, ok := changePair(st.last.Lock.API, "")
	args, has := t.Args(st.last.Line, st.last.Lock.API)
	if !ok || !has || !p.saved {
		return nil
	}
	edits, ok := convert(t, st.last.Line, p, args[0])
	return edited(t, "Leave the interrupts alone in the inner section", "They are off already when line "+itoa(st.last.Line)+" is reached, so "+p.toLock+"() and "+p.toUnlock+"() are enough. If other paths get there with interrupts on, give the inner section a flags variable of its own.", edits, ok)
}

// fixFlagsOrder gives a restore the flags that its own lock saved.
func fixFlagsOrder(v *srcView, st *slipStory) []model.Fix {
	if st.last.Lock == nil {
		return nil
	}
	t := v.file(st.last.File)
	args, ok := t.Args(st.last.Line, st.last.Lock.API)
	if !ok {
		return nil
	}
	fix := restoreInstead(t, st, args[0], strings.Replace(strings.Replace(st.last.Lock.API, "unlock", "lock", 1), "irqrestore", "irqsave", 1))
	if len(fix) == 1 && len(fix[0].Edits) == 1 && fix[0].Edits[0].Insert[0] == t.Lines[st.last.Line-1] {
		return nil // it has its own flags: the order is wrong, not the variable
	}
	return fix
}
