package model

import "strconv"

// Provenance lets a person check a fact: where it stands in the evidence and
// what stands there.
type Provenance struct {
	Input   int    `json:"input"`             // index into Document.Inputs
	Locator string `json:"locator"`           // "line 812", "fs/inode.c:412", "0xffff88810a2c0040"
	Excerpt string `json:"excerpt,omitempty"` // the text itself
	Derived bool   `json:"derived"`           // true: inferred by gordian; false: stated by the evidence
}

// Frame is one entry of a call stack, innermost first.
type Frame struct {
	Func       string
	Offset     uint64 // bytes into the function
	Size       uint64 // size of the function in bytes, 0 if unknown
	Module     string // "" for the kernel itself
	File       string
	Line       int
	Inline     bool
	Unreliable bool // "? fn" or a guessed unwind: never proves anything alone
}

// String prints a frame as the kernel does: "fn+0x1/0x2 [mod]".
func (f Frame) String() string {
	s := f.Func
	if f.Unreliable {
		s = "? " + s
	}
	if f.Size != 0 {
		s += "+0x" + strconv.FormatUint(f.Offset, 16) + "/0x" + strconv.FormatUint(f.Size, 16)
	}
	if f.Module != "" {
		s += " [" + f.Module + "]"
	}
	if f.File != "" {
		s += " (" + f.File
		if f.Line > 0 {
			s += ":" + strconv.Itoa(f.Line)
		}
		s += ")"
	}
	return s
}

// Task is a thread as one piece of evidence saw it.
type Task struct {
	Ref     Ref
	Boot    Boot
	PID     int
	Comm    string
	State   string // the kernel's letter: "D", "R", "S", "I", …; "" if unknown
	CPU     int    // -1 if unknown
	Seconds int    // how long blocked or stuck, 0 if unknown
	// Stuck says that the evidence itself shows it blocked for longer than a
	// task should be: not every task in state D that a dump happens to catch.
	Stuck     bool
	Workqueue string // name of the workqueue whose work it runs
	WorkFunc  string // and the work function
	Stack     []Frame
	Why       Provenance
}

// Lock is a lock instance.
type Lock struct {
	Ref   Ref
	Boot  Boot
	Addr  string // as the evidence prints it
	In    string // what the address lies in, where it has no name: "kmalloc-64+0x20"
	Class Ref    // "" if unknown
	Type  LockType
	Why   Provenance
}

// Edge is one arrow of the wait graph (Waits, HeldBy) or of the order graph
// (Before).
type Edge struct {
	Kind EdgeKind
	From Ref
	To   Ref

	// FromMode is how From is held; only for Before edges.
	FromMode Mode
	// Mode is how To is wanted (Waits, Before) or how From is held (HeldBy).
	Mode Mode
	// Try marks a Before edge whose To was taken by trylock: it cannot block,
	// so it closes no cycle.
	Try bool
	// AnyOf marks a HeldBy edge of a lock that one release of several would
	// hand over (counting semaphore): a cycle through it is proven only when
	// every holder is stuck.
	AnyOf bool
	// Agreed marks an inferred HeldBy edge that a second, independent sign
	// confirms: it is as good as a stated one. Unsure marks one that holds on
	// some ways through the code only.
	Agreed, Unsure bool
	// Never marks a HeldBy edge whose task cannot come to a release any more.
	Never bool
	// Gate lists classes held around both acquisitions of a Before edge, in
	// addition to From. Two edges that share an exclusive gate cannot
	// deadlock against each other.
	Gate []Ref

	// Pairs are lock instances that a Before edge was seen on: some of them,
	// where the evidence has instances at all. A class stands for its only lock.
	Pairs []LockPair
	// PID and Comm are of the task that was seen to take To, where one is named.
	PID  int
	Comm string

	Func  string  // the function that takes or wants To: first that is no lock internal
	Stack []Frame // where To is taken or wanted
	// FromStack is where From was taken, when the evidence has it.
	FromStack []Frame
	Why       []Provenance // never empty
}

// LockPair is two lock instances: To was taken while From was held.
type LockPair struct{ From, To Ref }

// ContextUse is one irq usage state of a lock class: it was taken in Context,
// or (Context Process with IRQsOn / SoftirqsOn) taken with that interrupt
// enabled. It mirrors lockdep's LOCK_USED_IN_* and LOCK_ENABLED_* bits
// (kernel/locking/lockdep_internals.h).
type ContextUse struct {
	Class   Ref
	Context Context // Hardirq or Softirq: which interrupt this is about
	Enabled bool    // false: used in that context; true: taken with it enabled
	Mode    Mode
	Stack   []Frame
	Why     []Provenance
}

// Incomplete says which part of the evidence could not be used, and why.
type Incomplete struct {
	Input  int    `json:"input"`
	Reason string `json:"reason"`
}

// Gone is a lock whose memory names an owner that does not exist any more.
type Gone struct {
	Lock Ref
	PID  int // of what is left of the owner; 0 if nothing is
	Comm string
	Why  Provenance
}

// Facts is everything that the readers found. Readers append, nobody removes.
type Facts struct {
	Inputs     []Input
	Tasks      []Task
	Locks      []Lock
	Edges      []Edge
	Uses       []ContextUse
	Gone       []Gone
	Reports    []Report // kernel reports, in the order of the evidence
	Sections   []Section
	Incomplete []Incomplete
	Stats      map[string]int64

	boots int
}

// NewBoot allocates the next boot.
func (f *Facts) NewBoot() Boot {
	b := Boot("b" + strconv.Itoa(f.boots))
	f.boots++
	return b
}

// LastBoot returns the newest boot that was allocated, or allocates the first:
// for evidence about the host as it runs now, read after its log.
func (f *Facts) LastBoot() Boot {
	if f.boots == 0 {
		return f.NewBoot()
	}
	return Boot("b" + strconv.Itoa(f.boots-1))
}

// Count adds n to a statistic.
func (f *Facts) Count(name string, n int64) {
	if f.Stats == nil {
		f.Stats = map[string]int64{}
	}
	f.Stats[name] += n
}
