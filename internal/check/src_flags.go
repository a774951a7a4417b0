package check

import (
	"strings"

	"gordian/internal/srcfact"
)

func tellIRQEnable(st *slipStory) {
	st.f.Title = st.last.Func + "() enables interrupts inside a section that has them off"
	st.f.Explanation = sentences(st.outer(),
		st.last.Func+"() then turns them on ("+baseName(st.last)+")"+st.through()+": "+irqDoes(&st.last)+" does so whatever they were before.",
		"The rest of the outer section runs with interrupts on: an interrupt that needs what it protects waits for the code that it stopped.")
	st.irqMoments()
}

func tellIRQContext(st *slipStory) {
	st.f.Title = st.last.Func + "() enables interrupts, but runs with them off"
	caller := st.entry()
	if n := len(st.Other); n > 0 {
		caller = st.Other[0].Func + "() gets to " + st.last.Func + "() with interrupts off (" + baseName(st.Other[n-1]) + ")."
	}
	st.f.Explanation = sentences(caller,
		irqDoes(&st.last)+" in "+st.last.Func+"() ("+baseName(st.last)+") turns interrupts on, whatever they were before.",
		"The caller goes on with interrupts enabled in a section, or a handler, that counts on their being off.")
	st.irqMoments()
}

func tellIRQLeft(st *slipStory) {
	st.f.Title = st.last.Func + "() returns with interrupts off"
	st.f.Explanation = sentences(st.outer(),
		st.last.Func+"() returns ("+baseName(st.last)+") without turning them on again"+st.condition()+".",
		"This CPU takes no interrupts until something turns them on by chance: timers stop, other CPUs that wait for it get stuck, and the next sleep is a bug.")
}

func tellFlagsReused(st *slipStory) {
	st.f.Title = st.last.Func + "() overwrites saved interrupt flags before they are restored"
	st.f.Explanation = sentences(st.outer(),
		st.last.Func+"() saves into the same variable again ("+baseName(st.last)+")"+st.variable()+".",
		"What was saved first is lost: the outer restore then sets the state in which interrupts are off, and leaves them off.")
}

func tellFlagsOrder(st *slipStory) {
	st.f.Title = st.last.Func + "() restores interrupt flags that belong to another section"
	st.f.Explanation = sentences(st.outer(),
		st.last.Func+"() restores the flags of another section ("+baseName(st.last)+")"+st.variable()+", while the section that began last is still open.",
		"Sections that were entered one inside the other must be left in reverse order, each with its own flags. Else interrupts come on while the outer lock is still held, or stay off behind it.")
}

// outer says where the outer section turned interrupts off.
func (st *slipStory) outer() string {
	for i := range st.Path[:len(st.Path)-1] {
		s := &st.Path[i]
		switch {
		case s.Kind == srcfact.StepIRQ:
			return s.Func + "() " + stepNote(s) + " (" + baseName(*s) + ")."
		case s.Kind == srcfact.StepAcquire && s.Lock != nil && strings.Contains(s.Lock.API, "irq"):
			return s.Func + "() turns interrupts off with " + lockCall(s.Lock) + " (" + baseName(*s) + ")."
		}
	}
	return st.held()
}

// variable names the flags variable, if the slip's step has it.
func (st *slipStory) variable() string {
	if st.last.Text == "" || strings.ContainsAny(st.last.Text, " (") {
		return ""
	}
	return ", " + st.last.Text
}

// irqDoes names the call that changes the interrupt state.
func irqDoes(s *srcfact.Step) string {
	switch {
	case s.Lock != nil && s.Lock.API != "":
		return s.Lock.API + "()"
	case s.Callee != "":
		return s.Callee + "()"
	case strings.Contains(s.Text, "("):
		return s.Text
	}
	return "this call"
}

func (st *slipStory) irqMoments() {
	st.moment("CPU0", pick(st.taken.Func != "", st.takenCall(), "runs with interrupts off"), "interrupts are off")
	st.moment("CPU0", irqDoes(&st.last), "interrupts are on again, too early"+inFn(st.last.Func))
	st.moment("an interrupt on CPU0", "comes in the middle of the outer section", "what that section protects is open to it; a lock that it takes is held by the code it stopped")
}
