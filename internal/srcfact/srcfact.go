// Package srcfact holds what the C source reader finds, as typed data: the
// order in which lock classes nest, the contexts that they are used in, and
// the places where a path breaks a locking rule. csource fills it, check
// makes findings of it; nothing here judges.
package srcfact

import "gordian/internal/model"

// Facts is the result of reading source.
type Facts struct {
	Orders     []Order
	Uses       []Use
	Slips      []Slip
	Classes    []Class
	Files      []File // those that were checked, sorted by path
	Incomplete []Note
	Stats      map[string]int64 // files, headers, functions, statements, statements_skipped, lock_functions, lock_functions_understood, …
	Ignored    []Ignore
	// Reads lists all that the result depends on, headers and folders
	// included, each as it was just before it was read. A result without
	// them is never kept for a later run.
	Reads []Read
}

// Read is one file or folder that was read.
type Read struct {
	Path  string // as it was opened
	Size  int64  // -1: it was looked for and did not exist
	MTime int64  // nanoseconds since 1970; of a folder: when a name in it last changed
	Dir   bool   // its names were listed
}

// File is one file that was checked.
type File struct {
	Path   string // as shown to people: relative to the root if there is one
	Read   string // where its text was read from (an overlay, or the same)
	SHA256 string
	Bytes  int64
}

// Note says what could not be read or understood.
type Note struct {
	File   string
	Line   int
	Reason string
}

// Ignore is a comment "gordian: ignore RULE reason" in the source.
type Ignore struct {
	File   string
	Line   int // of the comment
	Rule   string
	Reason string
	Func   string // the function it stands in, "" at file scope
}

// Class is a lock class: all locks that one declaration makes.
type Class struct {
	Ref  model.Ref // "class:struct uart_port.lock", "class:bus_sem", "class:rx.c:lock"
	Name string    // as people write it: "uart_port.lock", "bus_sem"
	Type model.LockType
	File string // where it is declared, if known
	Line int
	// Single is set if there is only one instance: a global lock.
	Single bool
	Sites  int // acquire sites
	// Checked is set if one of these is in a file that is checked: others are
	// in headers and in files that were read for context.
	Checked bool
}

// Lock is a lock as one place in the source names it.
type Lock struct {
	Class    model.Ref
	Name     string // of the class, with subclass: "rq.lock/1"
	Type     model.LockType
	Expr     string // as written there: "&p->lock"
	Mode     model.Mode
	API      string // the function that takes or releases it: "spin_lock_irqsave"
	Subclass string // "" or "1", "SINGLE_DEPTH_NESTING", "nest"
}

// StepKind says what happens at a step of a path.
type StepKind string

// Kinds of steps.
const (
	StepEntry    StepKind = "entry"    // a root: Text says how the kernel gets here ("hardirq handler, registered by request_irq() at x.c:12")
	StepCall     StepKind = "call"     // Func calls Callee
	StepAcquire  StepKind = "acquire"  // Func takes Lock
	StepRelease  StepKind = "release"  // Func releases Lock
	StepSleep    StepKind = "sleep"    // Func does what may sleep: Text says what and why
	StepWait     StepKind = "wait"     // Func waits for work, a timer, …: Text
	StepWake     StepKind = "wake"     // Func completes what another waits for
	StepIRQ      StepKind = "irq"      // Func changes the interrupt, softirq or preemption state: Text
	StepBranch   StepKind = "branch"   // Func goes this way: Text is the condition as it came out ("ret < 0")
	StepReturn   StepKind = "return"   // Func returns: Text is what ("-EINVAL"), "" for the end of a void function
	StepRegister StepKind = "register" // Func registers Callee as a callback: Text
)

// Step is one place on a path through the source. Paths run in the order of
// execution, outermost function first.
type Step struct {
	Kind   StepKind
	Func   string
	File   string // as File.Path
	Line   int
	Callee string
	Lock   *Lock
	Text   string
}

// Relation says what is known about the two objects that a pair of locks
// belongs to.
type Relation string

// Relations, surest first.
const (
	RelSame     Relation = "same"    // both locks are in one object, or both are globals
	RelLinked   Relation = "linked"  // one object is reached from the other (p->parent)
	RelGlobal   Relation = "global"  // one is a global, the other in an object
	RelUnknown  Relation = "unknown" // nothing says that the objects belong together
	RelFreshObj Relation = "fresh"   // one object was just allocated: nobody else can hold its lock
	RelSingle   Relation = "single"  // init or exit code: nobody else runs
)

// Order says: while From was held, To was taken.
type Order struct {
	From, To Lock
	Try      bool        // To was a trylock
	Gates    []model.Ref // exclusive single-instance classes held around both, beside From
	// Path leads from an entry to the acquisition of From and then to that of To.
	Path     []Step
	Relation Relation
	Depth    int    // call edges between the two acquisitions
	Indirect int    // of these, calls through function pointers
	Context  string // contexts that the holder may run in: "process", "hardirq", … joined by ","
	Reasons  []string
}

// Use says that a class is taken in an interrupt, or with it enabled.
type Use struct {
	Lock    Lock
	Context model.Context    // Hardirq or Softirq
	Enabled bool             // false: taken in that context; true: taken with it enabled
	Path    []Step           // from an entry (how the kernel gets here) to the acquisition
	Sure    model.Confidence // of the entry and the way from it
	Driver  string           // the module of the entry
	Home    string           // the module of the function that takes it
	Reasons []string
}

// SlipKind names what a path does wrong.
type SlipKind string

// Kinds of slips, and the rule each belongs to.
const (
	SlipReacquire    SlipKind = "reacquire"     // recursive-lock: takes what it holds
	SlipUpgrade      SlipKind = "upgrade"       // recursive-lock: wants to write what it holds for reading, or the reverse
	SlipExitHeld     SlipKind = "exit-held"     // missing-unlock: returns with a lock that other paths release
	SlipFreeHeld     SlipKind = "free-held"     // missing-unlock: frees or destroys a lock's memory while it is held
	SlipReleaseFree  SlipKind = "release-free"  // unlock-not-held: releases what is not held
	SlipReleaseTwice SlipKind = "release-twice" // unlock-not-held: releases what this path released before
	SlipSleep        SlipKind = "sleep"         // sleep-in-atomic
	SlipWait         SlipKind = "wait"          // wait-under-lock: Other is the path of what is waited for, to its acquisition of the lock
	SlipIRQEnable    SlipKind = "irq-enable"    // irq-flags-misuse: enables interrupts that an outer region disabled
	SlipIRQLeft      SlipKind = "irq-left"      // irq-flags-misuse: returns with interrupts off
	SlipFlagsReused  SlipKind = "flags-reused"  // irq-flags-misuse: a saved flags variable is overwritten before it is restored
	SlipFlagsOrder   SlipKind = "flags-order"   // irq-flags-misuse: restored out of order, or with another lock's flags
	SlipIRQContext   SlipKind = "irq-context"   // irq-flags-misuse: _irq in a function that runs with interrupts off
)

// Slip is a place where a path breaks a locking rule by itself.
type Slip struct {
	Kind SlipKind
	// Path leads from an entry or the function's start to the slip: its last
	// step is the slip, steps before it show how the state came about.
	Path []Step
	// Other is a second path that the slip needs: the callback that is waited
	// for, the context that calls, the path that does it right.
	Other      []Step
	Locks      []Lock // the lock concerned first
	Atomic     string // SlipSleep: what makes it atomic: "spinlock foo.lock held", "interrupts off", "hardirq handler"
	Confidence model.Confidence
	Reasons    []string // why this confidence
	Missing    []string // what would settle it
	// Peers are lines of the same function where the same lock is released
	// (exit-held) or taken as it should be; fixes are modelled on them.
	Peers []Step
}
