// Package flow follows every path of one function with the locks that are
// held on it, and sums up what a caller must know. Paths with the same locks
// and the same interrupt state are joined, so conditions matter exactly where
// they decide about locks (Das, Lerner, Seigle: "ESP: path-sensitive program
// verification in polynomial time", PLDI 2002).
package flow

import (
	"strings"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
)

// Summary is what callers see of a function, and what happens inside it.
type Summary struct {
	Fn       *ir.Func
	Exits    []Exit
	Ret      ir.PathID // the one path that it returns, 0 if unknown
	NoReturn bool
	Pending  bool // in a cycle of calls: nothing is known of it yet
	Boring   bool // does nothing to locks, nor does anything it calls
	Overflow bool // too many states: some paths were not followed
	*Events
	*Inside
	Calls []Site // calls, with the state around them

	own *Sleeper // when Sleeps is given up
}

// Events are what a call of a function does or may do. Most functions have
// none, and share one.
type Events struct {
	Acquires  []*Event // locks that it or its callees take
	Sleeps    []*Event
	Waits     []*Event
	Enables   []*Event // turns interrupts on that it did not turn off
	Completes []*Event
	Callbacks []*Event // calls of a parameter
	Pairs     []Pair   // orders of locks of which only a caller knows the class
	Writes    []int32  // parameters of which it is known what it leaves where they point to
}

// Inside is what a function does with locks itself. Most functions do nothing,
// and share one.
type Inside struct {
	Takes  []Take  // its own acquisitions, with the state around them
	Orders []Pair  // what was held when something was taken
	Waited []Pair  // what was held when something was waited for
	Slips  []*Slip // decided here
	Ends   []End   // returns with a lock held, or with a caller's lock released
}

// NewSummary returns the summary of a function that does nothing.
func NewSummary(f *ir.Func) *Summary {
	return &Summary{Fn: f, Events: &Events{}, Inside: &Inside{}}
}

func (e *Events) empty() bool {
	return len(e.Acquires)+len(e.Sleeps)+len(e.Waits)+len(e.Enables)+len(e.Completes)+len(e.Callbacks)+len(e.Pairs)+len(e.Writes) == 0
}

func (i *Inside) empty() bool {
	return len(i.Takes)+len(i.Orders)+len(i.Waited)+len(i.Slips)+len(i.Ends) == 0
}

// Hard is the state of interrupts, relative to the function's entry.
type Hard uint8

// States of interrupts.
const (
	AsEntry Hard = iota
	Off
	On
	Restored // to what a caller saved
)

// Lock is a lock as a function names it.
type Lock struct {
	Fn     *ir.Func // whose path
	Path   ir.PathID
	Class  string // "" if only a caller can tell
	Decl   string // file that declares the class, "" if unknown
	Type   model.LockType
	Mode   model.Mode
	Expr   string
	API    string
	Sub    string
	Nest   bool
	IRQ    lockapi.IRQ
	Flags  ir.AtomID
	Line   int32
	Via    *Event // the acquisition in a callee, nil for a direct one
	Sleeps bool   // waiting for it sleeps, whatever its type: lock_page()
	Entry  bool   // held by the caller, as the code asserts
}

// Exit is one way to leave a function: all returns with the same effect.
type Exit struct {
	Held    []Lock // taken and not released
	Freed   []Lock // released, though the function did not take them
	Hard    Hard
	BH      int8
	Preempt int8
	RCU     int8
	Quiet   int8 // interrupt lines disabled
	Ret     ir.Bits
	Eq      string
	Obj     ir.PathID // the returned object, if a held lock lies in it
	Self    ir.PathID // the returned lock, if it is held: a helper that finds and takes it
	Hidden  bool      // returns with a lock that callers cannot name
	Unsure  []string  // classes of which the effect is not known
	Outs    []Guard   // what it leaves in the variables that parameters point to
	When    []Guard
}

// OneOf lists the constants of a guard, which stand with a byte between them
// that no constant has.
func OneOf(eq string) []string { return strings.Split(eq, between) }

const between = "\x01"

// Guard is a condition on a parameter, on some bits of it, or on what it points to.
type Guard struct {
	Param int32
	Mask  string // "" for all of it, target for what it points to
	Bits  ir.Bits
	Eq    string // it is this constant, or one of these: see OneOf
	Ne    string // it is not this one
}

// Event is something that a call of a function does or may do.
type Event struct {
	Fn       *ir.Func // where
	Line     int32
	API      string
	Lock     Lock // taken, waited for or completed
	Try      bool
	Dropped  []Lock // entry locks that are not held at this time
	Hard     Hard
	BH       bool // softirqs are off by the function itself
	Left     bool // the function has left a section of its caller's: RCU, preemption or softirqs are on again
	When     []Guard
	Must     bool  // on every way through the function
	OnlyOff  bool  // wrong only with interrupts off
	NotIRQ   bool  // does not happen in interrupts and with softirqs off
	Bare     bool  // Enables: the function had not turned them off itself
	Lost     bool  // behind a callee of which nothing was known yet
	Last     bool  // only when the last reference goes
	InCtx    bool  // happens only if the code sees itself in process context
	GFP      int32 // parameter with the GFP flags that decide, -1
	Wait     lockapi.Target
	Spin     bool
	Timeout  bool
	Past     []Lock   // Completes: locks taken before, or held
	Args     []ir.Val // Callbacks: what the function is called with
	Text     string   // the call as written
	Via      *Event   // the event in the callee
	Depth    int16
	Indirect int16
}

// Site is a call with the state around it.
type Site struct {
	Callee   *ir.Func
	Held     []Lock
	Line     int32
	Hard     Hard
	BH       bool
	Atomic   bool
	Quiet    bool // its interrupt is disabled
	Indirect bool
}

// Take is an acquisition with the state around it.
type Take struct {
	Lock  Lock
	When  []Guard
	Hard  Hard // before it, and before what it does to interrupts by itself
	BH    bool
	Try   bool
	Quiet bool
}

// Pair is two locks, or a lock and a wait.
type Pair struct {
	From  Lock
	To    *Event
	Gates []Lock
	Trace *Node
	Hard  Hard
}

// End is a return with a lock that was taken, or without one that the caller
// held.
type End struct {
	Lock  Lock
	Freed bool
	Line  int32
	Trace *Node
	All   bool // every path that touches the lock ends so
}

// Slip is a broken rule.
type Slip struct {
	Kind   string // a srcfact.SlipKind
	Line   int32
	Lock   Lock
	Locks  []Lock // all that are held
	Event  *Event // what sleeps, waits or takes
	Atomic string
	Trace  *Node
	Peers  []Lock // releases of the same lock
	Conf   model.Confidence
	Why    []string
	Ret    string
}

// Node is one step of a path, last first.
type Node struct {
	Prev *Node
	Kind string // a srcfact.StepKind
	Line int32
	Text string
	Lock *Lock
}
