package check

import (
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func tellWait(st *slipStory) {
	if len(st.Locks) == 0 {
		tellWaitInside(st)
		return
	}
	what := st.waited()
	st.f.Title = st.first.Func + "() waits for " + what + " with " + st.lock + " held, which that needs"
	other, end := "", srcfact.Step{}
	if len(st.Other) > 0 {
		end = st.Other[acquiredAt(st.Other, &st.Locks[0])]
		other = end.Func + "() takes " + st.lock + " (" + baseName(end) + "), and is part of what is waited for"
		if st.Other[0].Func != end.Func {
			other += ": " + st.Other[0].Func + "() leads to it"
		}
		other += "."
	}
	st.f.Explanation = sentences(st.held(),
		st.last.Func+"() waits"+st.waitCall()+" ("+baseName(st.last)+")"+st.through()+".", other,
		"If that has started, it waits for "+st.lock+", and its holder waits for it to end.")
	st.moment("CPU0", st.takenCall(), "gets "+st.lock)
	st.moment("CPU1", pick(end.Func == "", what+" starts", end.Func+"() starts"), "")
	st.moment("CPU0", pick(bareCall(&st.last) == "", stepNote(&st.last), bareCall(&st.last)), "waits"+inFn(st.last.Func)+" until that has ended")
	st.moment("CPU1", pick(end.Lock != nil, st.otherCall(end), "needs "+st.lock), "waits for "+st.lock+", held by CPU0")
	st.f.Path = []model.PathStep{
		{Kind: model.Waits, From: st.first.Func + "()", To: what, At: whereText(st.last)},
		{Kind: model.Waits, From: what, To: st.lock, At: pick(end.Func == "", "", whereText(end))},
		{Kind: model.HeldBy, From: st.lock, To: st.first.Func + "()", At: pick(st.taken.Func == "", "", whereText(st.taken))}}
	st.own("Wait for "+what+" after "+st.lock+" is released",
		"In "+st.first.Func+"() mark the object as closing under "+st.lock+", so that nothing new is started, release the lock, and then wait.")
}

// waitCall names the call that waits: " in flush_work()".
func (st *slipStory) waitCall() string {
	if c := bareCall(&st.last); c != "" {
		return " in " + c
	}
	return ": " + stepNote(&st.last)
}

// tellWaitInside is a wait that no lock is part of: a reader waits for the
// grace period that its own end is needed for.
func tellWaitInside(st *slipStory) {
	st.f.Title = st.last.Func + "() waits" + st.waitCall() + " for what cannot end before it goes on"
	st.f.Explanation = sentences(
		st.last.Func+"() waits"+st.waitCall()+" ("+baseName(st.last)+")"+st.through()+", "+st.atomic()+".",
		"What it waits for needs it to leave that section first, and it leaves the section only after the wait.")
	st.moment("the task", "enters the section", st.Atomic)
	st.moment("the task", pick(bareCall(&st.last) == "", stepNote(&st.last), bareCall(&st.last)), "waits"+inFn(st.last.Func)+" for itself")
	st.own("Leave the section before the wait", "Take a reference to what the section protects, leave the section, then wait; or use the form that calls back (call_rcu()) instead of waiting.")
}

func (st *slipStory) otherCall(end srcfact.Step) string {
	if end.Lock == nil {
		return ""
	}
	return lockCall(end.Lock)
}

// waited names what is waited for: the callback, the work item, the timer.
func (st *slipStory) waited() string {
	if st.last.Callee != "" {
		return st.last.Callee + "()"
	}
	if len(st.Other) > 0 {
		return st.Other[0].Func + "()"
	}
	return "another thread"
}
