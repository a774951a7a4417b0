package lab

import "time"

// Stop says why a run ended.
type Stop string

const (
	Finished Stop = "finished" // all steps were taken
	Found    Stop = "found"    // the judge found something in the log
	Failed   Stop = "failed"   // a step failed
	TimeOut  Stop = "time-out" // the steps took too long
	Silent   Stop = "silent"   // the guest gave no sign of life any more
	Ended    Stop = "ended"    // QEMU ended: the guest reset, or switched itself off
	NoBoot   Stop = "no-boot"  // init never ran
	Crashed  Stop = "crashed"  // the kernel gave up, or a task of it did and took the step with it
)

// Output is a line that a program of the guest printed.
type Output struct {
	Step int
	Text string
}

// Result is what became of a run.
type Result struct {
	Stop    Stop
	Why     string         // for Failed, TimeOut: what it was doing; for Silent, NoBoot: what is known
	Crash   string         // the first line of an oops or a panic, "" if there was none
	Release string         // of the kernel that ran
	Boot    time.Duration  // from the start of QEMU to init
	Total   time.Duration  // to the end of QEMU
	Starved time.Duration  // the most that a thread of QEMU had to wait for a CPU of the host within 8 s
	Step    int            // the last step that began, -1 before the first
	Texts   map[int]string // what Read steps read, by step
	Errors  map[int]string // steps that failed, MayFail ones too
	Output  []Output
	Notes   []string
}
