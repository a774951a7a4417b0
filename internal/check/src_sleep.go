package check

import (
	"slices"
	"strings"

	"gordian/internal/srcfact"
)

func tellSleep(st *slipStory) {
	why := st.atomic()
	what := sleepWords(&st.last)
	if st.first.Kind == srcfact.StepCall && st.first.Callee != "" {
		st.f.Title = st.first.Func + "() calls " + st.first.Callee + "(), which may sleep, " + short(why)
	} else {
		st.f.Title = st.last.Func + "() calls " + what + ", which may sleep, " + short(why)
	}
	st.f.Explanation = sentences(pick(len(st.Locks) == 0, st.entry(), ""), st.held(),
		st.last.Func+"() calls "+what+" ("+baseName(st.last)+")"+st.through()+st.condition()+": that may sleep, "+why+".",
		sleepHarm(st))
	begin := "enters atomic context"
	switch {
	case st.taken.Func != "":
		begin = st.takenCall()
	case st.Path[0].Kind == srcfact.StepEntry:
		begin = st.Path[0].Func + "() runs"
	}
	st.moment("the task", begin, why)
	st.moment("the task", what, "sleeps"+inFn(st.last.Func)+": another task gets this CPU")
	if len(st.Locks) > 0 {
		st.moment("another task, or an interrupt, on this CPU", st.takenCall(), "spins for a holder that cannot run here")
	}
	st.f.Verify = append([]string{"Call might_sleep() at the start of " + st.last.Func + "() if callers can get it wrong again: with CONFIG_DEBUG_ATOMIC_SLEEP=y it reports each of them, whether it would have slept or not."}, st.f.Verify...)
}

// short leaves out of a reason where it comes from: the explanation has it.
func short(why string) string {
	for _, sep := range []string{" (", ", "} {
		why, _, _ = strings.Cut(why, sep)
	}
	return why
}

// atomic says what forbids to sleep, as the end of a sentence: "with dev.lock
// held", "while interrupts are off", "in a hardirq handler".
func (st *slipStory) atomic() string {
	why := st.Atomic
	first, _, _ := strings.Cut(why, " ")
	switch {
	case first == "called":
		return "where it is " + why
	case why == "" && len(st.Locks) == 0:
		return "in atomic context"
	case why == "":
		return "with " + st.lock + " held"
	case slices.Contains([]string{"in", "inside", "with", "while", "under"}, first):
		return why
	case strings.Contains(why, " is ") || strings.Contains(why, " are "):
		return "while " + why
	case strings.HasSuffix(why, " held") || strings.HasSuffix(why, " off"):
		return "with " + why
	}
	return "in " + article(why)
}

// sleepWords names what sleeps: the call as it stands there, if the text of
// the step gives one.
func sleepWords(s *srcfact.Step) string {
	switch {
	case s.Callee != "":
		return s.Callee + "()"
	case s.Lock != nil:
		return lockCall(s.Lock)
	}
	text := strings.TrimSuffix(s.Text, ".")
	for _, cut := range []string{" may sleep", " sleeps", ", which may sleep"} {
		text, _, _ = strings.Cut(text, cut)
	}
	return pick(text == "", "code that may sleep", text)
}

func sleepHarm(st *slipStory) string {
	switch {
	case len(st.Locks) > 0:
		return "Whoever asks for " + st.lock + " on this CPU while it sleeps spins with preemption off, and the holder cannot come back."
	case containsAny(st.Atomic, "irq", "interrupt", "timer", "tasklet"):
		return "An interrupt has no task of its own that could sleep: the scheduler is called in the middle of whatever it interrupted."
	case strings.HasPrefix(st.Atomic, "called"):
		return "Who calls it so may hold a spinlock, or have interrupts off: the interface says that it must not sleep."
	case strings.Contains(st.Atomic, "RCU"):
		return "A reader that sleeps lets the grace period end under it, or keeps it from ending."
	}
	return ""
}
