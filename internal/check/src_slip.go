package check

import (
	"strings"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// slipRule says how slips of one kind become findings.
type slipRule struct {
	rule    string
	verdict model.Verdict
	// atHolder: the place to look at first is where the holder of the lock
	// goes on to the slip, not the slip itself, which may be far down.
	atHolder bool
	thread   string // heading of the slip's path
	other    string // heading of its other path
	tell     func(*slipStory)
	fix      func(*srcView, *slipStory) []model.Fix
}

func slipRules() map[srcfact.SlipKind]slipRule {
	could, bug := model.CouldDeadlock, model.Bug
	return map[srcfact.SlipKind]slipRule{
		srcfact.SlipReacquire: {"recursive-lock", could, true, "The path that takes it twice", "How it gets there", tellReacquire, fixReacquire},
		srcfact.SlipUpgrade:   {"recursive-lock", could, true, "The path that takes it twice", "How it gets there", tellUpgrade, fixReacquire},

		srcfact.SlipExitHeld: {"missing-unlock", bug, false, "The path that leaves with it", "A path that releases it", tellExitHeld, fixExitHeld},
		srcfact.SlipFreeHeld: {"missing-unlock", bug, false, "The path that frees it", "A path that releases it", tellFreeHeld, noFix},

		srcfact.SlipReleaseFree:  {"unlock-not-held", bug, false, "The path that does not hold it", "A path that holds it", tellReleaseFree, fixRelease},
		srcfact.SlipReleaseTwice: {"unlock-not-held", bug, false, "The path that releases it twice", "A path that releases it once", tellReleaseTwice, fixRelease},

		srcfact.SlipSleep: {"sleep-in-atomic", bug, true, "The path that sleeps", "How it gets there", tellSleep, fixSleep},
		srcfact.SlipWait:  {"wait-under-lock", could, true, "CPU0: waits with the lock held", "CPU1: what is waited for", tellWait, fixWait},

		srcfact.SlipIRQEnable:   {"irq-flags-misuse", bug, false, "The path that enables interrupts", "Who had them off", tellIRQEnable, fixIRQPair},
		srcfact.SlipIRQLeft:     {"irq-flags-misuse", bug, false, "The path that leaves interrupts off", "A path that restores them", tellIRQLeft, fixIRQLeft},
		srcfact.SlipFlagsReused: {"irq-flags-misuse", bug, false, "The path that overwrites the flags", "The other path", tellFlagsReused, fixFlagsReused},
		srcfact.SlipFlagsOrder:  {"irq-flags-misuse", bug, false, "The path that restores the wrong flags", "The other path", tellFlagsOrder, fixFlagsOrder},
		srcfact.SlipIRQContext:  {"irq-flags-misuse", bug, false, "The path that enables interrupts", "How it is called with them off", tellIRQContext, fixIRQPair},
	}
}

func noFix(*srcView, *slipStory) []model.Fix { return nil }

// slipStory is a slip with what its tellers need: the finding that they fill,
// the lock's name and the steps that matter.
type slipStory struct {
	*srcfact.Slip
	f     *model.Finding
	lock  string       // name of the first lock, "a lock" if none is known
	taken srcfact.Step // where that lock was taken; no Func if the path does not show it
	first srcfact.Step // where the holder goes on to the slip
	last  srcfact.Step // the slip
}

// slips reports the places where a path breaks a rule by itself.
func (v *srcView) slips() []model.Finding {
	rules := slipRules()
	groups := sleepGroups(v.s.Slips)
	var out []model.Finding
	for i := range v.s.Slips {
		s := &v.s.Slips[i]
		r, ok := rules[s.Kind]
		if !ok || len(s.Path) == 0 {
			continue
		}
		if g := groups[sleepSiteOf(s)]; g != nil {
			if g.best == s {
				out = append(out, v.sleepGroup(r, g))
			}
			continue
		}
		out = append(out, v.slip(r, s))
	}
	return out
}

func (v *srcView) slip(r slipRule, s *srcfact.Slip) model.Finding {
	st := newStory(s)
	place := st.last
	if r.atHolder {
		place = st.first
	}
	f := v.finding(r.rule, r.verdict, place)
	st.f = &f
	f.Confidence, f.Reasons, f.Missing = s.Confidence, s.Reasons, s.Missing
	if f.Confidence == "" {
		f.Confidence = model.Medium
	}
	for i := range s.Locks {
		f.Locks = append(f.Locks, model.LockInfo{Name: lockNode(&s.Locks[i]), Type: s.Locks[i].Type})
	}
	f.Fingerprint = slipFingerprint(&f, s)
	v.addPath(&f, r.thread, s.Path)
	v.addPath(&f, r.other, s.Other)
	dropFixes(&f, s)
	r.tell(st)
	for i, steps := range [][]srcfact.Step{s.Path, s.Other, s.Path} {
		if i < len(f.Path) && len(f.Path[i].Why) == 0 {
			f.Path[i].Why = v.whys(steps)
		}
	}
	// What is particular to these lines stands before the advice for all.
	f.Fix = append(r.fix(v, st), f.Fix...)
	return f
}

// slipFingerprint is made of the rule, the function and the classes: a slip
// keeps it when lines move, and several slips that one change cures share it.
func slipFingerprint(f *model.Finding, s *srcfact.Slip) string {
	parts := []string{string(s.Kind), f.Function}
	for i := range s.Locks {
		parts = append(parts, string(node(&s.Locks[i])))
	}
	return model.Fingerprint(f.Rule, parts...)
}

func newStory(s *srcfact.Slip) *slipStory {
	st := &slipStory{Slip: s, lock: "a lock", last: s.Path[len(s.Path)-1]}
	st.first = st.last
	if len(s.Locks) == 0 {
		return st
	}
	l := &s.Locks[0]
	st.lock = lockNode(l)
	st.first = afterAcquire(s.Path, l)
	if at := acquiredAt(s.Path[:len(s.Path)-1], l); s.Path[at].Kind == srcfact.StepAcquire {
		st.taken = s.Path[at]
	}
	return st
}

// held says where the lock was taken: "foo() takes dev.lock (a.c:12)."
func (st *slipStory) held() string {
	if st.taken.Func == "" {
		return ""
	}
	if strings.HasPrefix(st.taken.Text, "held by") {
		return st.lock + " is held by the caller of " + st.taken.Func + "() (" + baseName(st.taken) + " says so)."
	}
	return st.taken.Func + "() " + lockNote("takes", &st.taken) + " (" + baseName(st.taken) + ")."
}

// entry says what the path starts with, if that is a callback.
func (st *slipStory) entry() string {
	s := &st.Path[0]
	if s.Kind != srcfact.StepEntry {
		return ""
	}
	return stepNote(s) + " (" + baseName(*s) + ")."
}

// through says by which calls the holder gets to the slip: ", called from f()
// through a() and b()".
func (st *slipStory) through() string {
	var fns []string
	on := false
	for i := range st.Path {
		s := &st.Path[i]
		on = on || (s.Func == st.first.Func && s.Line == st.first.Line)
		if on && s.Kind == srcfact.StepCall && s.Callee != st.last.Func {
			fns = append(fns, s.Callee+"()")
		}
	}
	if st.first.Func == st.last.Func {
		return ""
	}
	return ", called from " + st.first.Func + "()" + pick(len(fns) == 0, "", " through "+list(uniq(fns), 5))
}

// moment adds a step of the interleaving.
func (st *slipStory) moment(actor, does, note string) {
	st.f.Interleaving = append(st.f.Interleaving, model.Moment{Actor: actor, Does: does, Note: note})
}

// own puts advice for this very finding before the usual one.
func (st *slipStory) own(title, detail string) { ownFix(st.f, title, detail) }
