package check

import (
	"gordian/internal/srcfact"
)

func tellExitHeld(st *slipStory) {
	what := "returns"
	if st.last.Text != "" {
		what = "returns " + st.last.Text
	}
	st.f.Title = st.last.Func + "() returns with " + st.lock + " held"
	st.f.Explanation = sentences(st.held(),
		st.last.Func+"() "+what+" ("+baseName(st.last)+") without releasing it"+st.condition()+".",
		st.peerText(),
		st.leftHeld())
	st.moment("the task", st.takenCall(), "gets "+st.lock)
	st.moment("the task", what, "still holds "+st.lock)
	st.moment("the next task", st.takenCall(), "waits for ever: nobody is left to release it")
}

func tellFreeHeld(st *slipStory) {
	st.f.Title = st.last.Func + "() frees memory with " + st.lock + " held in it"
	st.f.Explanation = sentences(st.held(),
		st.last.Func+"() frees the memory that the lock is in ("+baseName(st.last)+") before it is released"+st.condition()+".",
		"Whoever waits for the lock, or releases it afterwards, uses freed memory.")
	st.own("Release "+st.lock+" before the memory is freed",
		"And make sure that nobody else can still wait for it: take the object out of where others find it, under the lock, first.")
}

func tellReleaseFree(st *slipStory) {
	st.f.Title = st.lock + " is released but not held" + inFn(st.last.Func)
	st.f.Explanation = sentences(
		st.last.Func+"() releases "+st.lock+" ("+baseName(st.last)+") on a path that has not taken it"+st.condition()+".",
		st.peerText(),
		"The release lets another task into the section that holds it, or damages the lock.")
	st.moment("another task", "takes "+st.lock, "is in its section")
	st.moment("this task", st.releaseCall(), "releases what the other holds"+inFn(st.last.Func))
}

func tellReleaseTwice(st *slipStory) {
	st.f.Title = st.lock + " is released twice" + inFn(st.last.Func)
	before := st.releasedBefore()
	was := ""
	if before.Func != "" {
		was = before.Func + "() releases " + st.lock + " (" + baseName(before) + ")."
	}
	st.f.Explanation = sentences(was,
		pick(was == "", st.last.Func+"()", "On the same path "+st.last.Func+"()")+" releases it again ("+baseName(st.last)+")"+st.condition()+".",
		"By then another task may hold it: the second release lets a third one in, or damages the lock.")
	st.moment("this task", st.releaseCall(), "releases "+st.lock)
	st.moment("another task", "takes "+st.lock, "is in its section")
	st.moment("this task", st.releaseCall(), "releases what the other holds"+inFn(st.last.Func))
}

// condition says which way the path goes: the last branch before the slip.
func (st *slipStory) condition() string {
	for i := len(st.Path) - 1; i >= 0; i-- {
		if s := &st.Path[i]; s.Kind == srcfact.StepBranch && s.Func == st.last.Func && s.Text != "" {
			return ", when " + s.Text
		}
	}
	return ""
}

// peerText names the lines that do it right.
func (st *slipStory) peerText() string {
	var at []string
	for i := range st.Peers {
		if p := &st.Peers[i]; p.Func == st.last.Func {
			at = append(at, itoa(p.Line))
		}
	}
	if at = uniq(at); len(at) == 0 {
		return ""
	}
	return "Other paths of the function release it, in line" + pick(len(at) > 1, "s", "") + " " + list(at, 4) + "."
}

func (st *slipStory) releasedBefore() srcfact.Step {
	for i := len(st.Path) - 2; i >= 0; i-- {
		s := st.Path[i]
		if s.Kind == srcfact.StepRelease && s.Lock != nil && len(st.Locks) > 0 && node(s.Lock) == node(&st.Locks[0]) {
			return s
		}
	}
	return srcfact.Step{}
}

func (st *slipStory) releaseCall() string {
	if st.last.Lock == nil || st.last.Lock.API == "" {
		return "releases " + st.lock
	}
	return lockCall(st.last.Lock)
}

// leftHeld says what a lock that stays held does.
func (st *slipStory) leftHeld() string {
	if t := st.lockType(); t != "" && !t.Sleeps() {
		return "The next one to take it spins for ever, and until then this CPU runs on with preemption off: its next sleep is \"scheduling while atomic\"."
	}
	return "The next task to take it waits for ever, for a holder that has left the section."
}
