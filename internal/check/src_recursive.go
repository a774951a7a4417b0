package check

import (
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func tellReacquire(st *slipStory) {
	again := st.lastCall()
	switch {
	case st.taken.Func == "" && st.Path[0].Kind == srcfact.StepEntry:
		st.f.Title = st.last.Func + "() takes " + st.lock + ", which its caller holds"
	case st.first.Kind == srcfact.StepCall:
		st.f.Title = st.first.Func + "() holds " + st.lock + " and calls " + st.first.Callee + "(), which takes it again"
	default:
		st.f.Title = st.lock + " is taken twice" + inFn(st.last.Func)
	}
	st.f.Explanation = sentences(st.heldByCaller(), st.held(),
		st.again(),
		st.sameObject(),
		"A "+typeWord(st.lockType())+" is not recursive: the task waits for a release that only itself could do.")
	who := "the task"
	st.moment(who, st.takenCall(), "gets "+st.lock)
	if st.readers() {
		st.f.Explanation = sentences(st.held(),
			"Before it is released, "+st.last.Func+"() takes it for reading once more ("+baseName(st.last)+")"+st.through()+".",
			"The second reader waits as soon as a writer has queued up in between, and that writer waits for the first.")
		st.moment("a writer", "wants "+st.lock, "waits for the reader, and keeps new readers out")
		st.moment(who, again, "waits behind the writer"+inFn(st.last.Func))
	} else {
		st.moment(who, again, "waits"+inFn(st.last.Func)+" for its holder: itself")
	}
	splitAdvice(st)
}

func tellUpgrade(st *slipStory) {
	mode := pick(st.last.Lock != nil && st.last.Lock.Mode.Shared(), "reading", "writing")
	st.f.Title = st.lock + " is taken for " + mode + " by its holder" + inFn(st.last.Func)
	if st.first.Kind == srcfact.StepCall {
		st.f.Title = st.first.Func + "() holds " + st.lock + " and calls " + st.first.Callee + "(), which takes it for " + mode
	}
	st.f.Explanation = sentences(st.held(),
		"Before it is released, "+st.last.Func+"() takes it in the other mode ("+baseName(st.last)+")"+st.through()+".",
		st.sameObject(),
		"A writer waits until all readers have gone, and a reader until the writer has: this task is both, and waits for itself. Only downgrade_write() changes the mode of a lock that is held.")
	st.moment("the task", st.takenCall(), "gets "+st.lock)
	st.moment("the task", st.lastCall(), "waits"+inFn(st.last.Func)+" for its holder: itself")
	splitAdvice(st)
	st.own("Take it in the stronger mode at once", "Take "+st.lock+" for writing before the section, and downgrade_write() it where reading is enough; or release it, take it for writing, and look again at what it protects.")
}

// again says where the lock is taken once more.
func (st *slipStory) again() string {
	where := "(" + baseName(st.last) + ")" + st.through() + "."
	switch {
	case st.taken.Func == "":
		return st.last.Func + "() takes it " + where
	case st.taken.File == st.last.File && st.taken.Line == st.last.Line:
		return "The path comes back to that line before it is released, and takes it again."
	}
	return "Before it is released, " + st.last.Func + "() takes it again " + where
}

// heldByCaller says that whoever calls the function holds the lock.
func (st *slipStory) heldByCaller() string {
	if st.taken.Func != "" {
		return ""
	}
	return st.entry()
}

// splitAdvice names the function to split, when a call leads to the lock.
func splitAdvice(st *slipStory) {
	if st.first.Kind != srcfact.StepCall {
		return
	}
	callee := st.first.Callee
	st.own("Call a form of "+callee+"() that expects "+st.lock+" to be held",
		"In "+st.first.Func+"() release "+st.lock+" before "+callee+"() is called, or split "+st.last.Func+"() into one function that takes the lock and one that expects it (lockdep_assert_held()), and call the latter here.")
}

func (st *slipStory) lockType() model.LockType {
	if len(st.Locks) == 0 {
		return ""
	}
	return st.Locks[0].Type
}

// readers reports whether both acquisitions are for reading.
func (st *slipStory) readers() bool {
	return st.taken.Lock != nil && st.last.Lock != nil && st.taken.Lock.Mode.Shared() && st.last.Lock.Mode.Shared()
}

func (st *slipStory) takenCall() string {
	if st.taken.Lock == nil {
		return "takes " + st.lock
	}
	return lockCall(st.taken.Lock)
}

func (st *slipStory) lastCall() string {
	if st.last.Lock == nil {
		return "takes " + st.lock
	}
	return lockCall(st.last.Lock)
}

// sameObject says why two names mean one lock, where they differ.
func (st *slipStory) sameObject() string {
	a, b := st.taken.Lock, st.last.Lock
	if a == nil || b == nil || a.Expr == "" || b.Expr == "" || a.Expr == b.Expr {
		return ""
	}
	return a.Expr + " in " + st.taken.Func + "() and " + b.Expr + " in " + st.last.Func + "() are the same lock on this path."
}
