package check

import (
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

func tellReacquire(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = name + " is taken by its holder" + inFn(last.Func)
	f.Explanation = last.Func + "() takes " + name + " (" + baseName(last) + ") on a path that holds it already."
}

func tellUpgrade(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = name + " is taken in another mode by its holder" + inFn(last.Func)
	f.Explanation = last.Func + "() takes " + name + " (" + baseName(last) + ") on a path that holds it in another mode."
}

func tellExitHeld(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = last.Func + "() returns with " + name + " held"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ") on a path that holds " + name + "."
}

func tellFreeHeld(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = last.Func + "() frees memory with " + name + " held in it"
	f.Explanation = last.Func + "() frees (" + baseName(last) + ") the memory of " + name + " while it is held."
}

func tellReleaseFree(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = name + " is released but not held" + inFn(last.Func)
	f.Explanation = last.Func + "() releases " + name + " (" + baseName(last) + ") on a path that does not hold it."
}

func tellReleaseTwice(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = name + " is released twice" + inFn(last.Func)
	f.Explanation = last.Func + "() releases " + name + " (" + baseName(last) + ") on a path that has released it before."
}

func tellSleep(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() may sleep in atomic context: " + stepNote(&last)
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + "), with " + pick(s.Atomic != "", s.Atomic, "sleeping not allowed") + "."
}

func tellWait(f *model.Finding, s *srcfact.Slip) {
	name, last := subjectLock(s), lastStep(s)
	f.Title = last.Func + "() waits with " + name + " held for code that needs it"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ") with " + name + " held."
}

func tellIRQEnable(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() enables interrupts inside a section that has them off"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ")."
}

func tellIRQLeft(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() returns with interrupts off"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ") with interrupts off."
}

func tellFlagsReused(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() overwrites saved interrupt flags before they are restored"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ")."
}

func tellFlagsOrder(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() restores interrupt flags out of order"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ")."
}

func tellIRQContext(f *model.Finding, s *srcfact.Slip) {
	last := lastStep(s)
	f.Title = last.Func + "() enables interrupts, but is called with them off"
	f.Explanation = last.Func + "() " + stepNote(&last) + " (" + baseName(last) + ")."
}
