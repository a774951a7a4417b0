package engine

import (
	"cmp"
	"slices"
	"strconv"

	"gordian/internal/model"
)

// OpKind is one kind of operation that a Machine replays. The zero value is
// invalid.
type OpKind string

// Operations. Each names the fields of Op that it uses beside Task; Func,
// Stack and Why are used by all.
const (
	Acquire   OpKind = "acquire"   // Class, Instance, Type, Mode, Try, Subclass, NestLock, Count, WW, Slow
	Release   OpKind = "release"   // Instance (or Class), Mode; Type for semaphores
	Downgrade OpKind = "downgrade" // Instance: from writer to reader
	Init      OpKind = "init"      // Instance: the lock is initialised (again)
	Free      OpKind = "free"      // Instance: its memory is freed

	IRQOff     OpKind = "irq-off"     // local_irq_disable
	IRQOn      OpKind = "irq-on"      // local_irq_enable
	BHOff      OpKind = "bh-off"      // local_bh_disable, nests
	BHOn       OpKind = "bh-on"       // local_bh_enable
	PreemptOff OpKind = "preempt-off" // preempt_disable, nests
	PreemptOn  OpKind = "preempt-on"

	EnterHardirq OpKind = "hardirq-enter" // NotThreaded
	LeaveHardirq OpKind = "hardirq-exit"
	EnterSoftirq OpKind = "softirq-enter"
	LeaveSoftirq OpKind = "softirq-exit"

	// WaitFor waits until something else happened: a completion, a work item,
	// a timer, an irq handler, a grace period. Class, Type. The work item's
	// side is Acquire and Release of the same class around its function, as
	// process_one_work() does with lock_map_acquire().
	WaitFor  OpKind = "wait"
	Complete OpKind = "complete" // complete(): ends waits for Class
	Sleep    OpKind = "sleep"    // might_sleep(), schedule()

	WWInit    OpKind = "ww-init"    // WW, Class (the ww_class): ww_acquire_init
	WWDone    OpKind = "ww-done"    // WW: ww_acquire_done
	WWFini    OpKind = "ww-fini"    // WW: ww_acquire_fini
	WWBackoff OpKind = "ww-backoff" // WW, Instance: ww_mutex_lock returned -EDEADLK

	ReturnToUser OpKind = "return-to-user"
	Exit         OpKind = "exit" // the task exits
)

// Op is one operation of one task.
type Op struct {
	Kind OpKind
	Task model.Ref

	Class    model.Ref
	Instance model.Ref // empty: the class has one instance, as static locks do
	Type     model.LockType
	Mode     model.Mode // empty: exclusive
	Try      bool
	Subclass int       // nesting subclass, as in mutex_lock_nested()
	NestLock model.Ref // instance of the lock that serialises this nesting, as in mutex_lock_nest_lock()
	Count    int       // units of a counting semaphore; 0 and 1: binary

	WW          model.Ref // ww acquire context
	Slow        bool      // ww_mutex_lock_slow
	NotThreaded bool      // an irq handler that PREEMPT_RT keeps in hard irq context

	Func  string
	Stack []model.Frame
	Why   []model.Provenance

	pseudo bool // held to find recursions, but excludes nobody
}

// Violation is a locking rule that one operation broke by itself.
type Violation struct {
	Kind     ViolationKind
	Op       Op
	Index    int       // number of the operation, from 0
	Class    model.Ref // the class concerned, with its subclass
	Instance model.Ref
	// Other is the earlier acquisition that it conflicts with, when there is
	// one: the first of a recursion, the lock that forbids sleeping.
	Other  *Op
	Detail string // what is wrong, in one phrase
	// SameInstance says that a recursion is on the very lock: it deadlocks
	// whenever it runs. Otherwise only the class is known to be the same.
	SameInstance bool
}

// ViolationKind says which rule was broken. The zero value is invalid.
type ViolationKind string

// The kinds of violations.
const (
	RecursiveLock      ViolationKind = "recursive-lock"
	UnlockNotHeld      ViolationKind = "unlock-not-held"
	HeldAtExit         ViolationKind = "held-at-exit"
	HeldAtUser         ViolationKind = "held-at-return-to-user"
	HeldAtIRQExit      ViolationKind = "held-at-irq-exit"
	HeldFreed          ViolationKind = "held-lock-freed"
	HeldReinitialised  ViolationKind = "held-lock-reinitialised"
	SleepInAtomic      ViolationKind = "sleep-in-atomic"
	InvalidWaitContext ViolationKind = "invalid-wait-context" // a spinlock_t under a raw_spinlock_t: wrong on PREEMPT_RT
	NestLockNotHeld    ViolationKind = "nest-lock-not-held"
	WWMisuse           ViolationKind = "ww-misuse"
)

// Config sets what a Machine checks beyond what always holds.
type Config struct {
	// RawLockNesting reports locks that sleep on PREEMPT_RT inside of those
	// that do not, as CONFIG_PROVE_RAW_LOCK_NESTING does.
	RawLockNesting bool
}

// Bounds that keep a Machine's memory and time in proportion to its input.
const (
	maxHeld       = 128 // locks held by one task; lockdep stops at MAX_LOCK_DEPTH (48)
	maxGates      = 8   // gate locks kept for one edge
	maxViolations = 4096
)

// Machine replays lock operations with lockdep's held-lock stack
// (kernel/locking/lockdep.c, __lock_acquire) and collects what the order
// graph needs: Before edges and irq uses, besides immediate violations.
//
// It goes beyond lockdep where lockdep saves work or gives up: an acquisition
// gets an edge from every lock held in the same context rather than from the
// nearest only, edges know their gate locks, and semaphores, completions and
// work items are followed.
type Machine struct {
	cfg   Config
	tasks map[model.Ref]*taskState
	ops   int

	edges    map[edgeKey]*model.Edge
	uses     map[useKey]*model.ContextUse
	classes  map[model.Ref]*classState
	holders  map[model.Ref][]model.Ref // semaphore → tasks that took a unit, oldest first
	holds    map[model.Ref]int         // instance → how often it is held, by any task
	ww       map[model.Ref]*wwContext
	broken   []Violation
	overflow int // acquisitions beyond maxHeld
}

type taskState struct {
	held    []held
	frames  []irqFrame // interrupts that the task is in, outermost first
	irqsOff bool
	bhOff   int
	preempt int
}

// irqFrame is an interrupt handler that runs on top of a task.
type irqFrame struct {
	context   model.Context
	threaded  bool
	held      int  // locks held when it began
	wasOff    bool // interrupts were off when it began
	bhOff     int
	preempt   int
	enteredBy Op
}

type held struct {
	op    Op
	class model.Ref
	mode  model.Mode
	frame int // depth of interrupts it was taken in: orders do not cross it
}

type edgeKey struct {
	from, to       model.Ref
	fromMode, mode model.Mode
	try, sem       bool
	gate           string
}

type useKey struct {
	class   model.Ref
	context model.Context
	enabled bool
	mode    model.Mode
}

type classState struct {
	typ       model.LockType
	instance  model.Ref // the first one
	many      bool      // more than one instance seen
	counting  bool
	handedOff bool // a semaphore that another task released
}

// NewMachine returns a Machine that has seen nothing.
func NewMachine(cfg Config) *Machine {
	return &Machine{cfg: cfg, tasks: map[model.Ref]*taskState{}, edges: map[edgeKey]*model.Edge{},
		uses: map[useKey]*model.ContextUse{}, classes: map[model.Ref]*classState{},
		holders: map[model.Ref][]model.Ref{}, holds: map[model.Ref]int{}, ww: map[model.Ref]*wwContext{}}
}

// Do replays one operation and returns the rules that it broke.
func (m *Machine) Do(op Op) []Violation {
	before := len(m.broken)
	if op.Instance == "" {
		op.Instance = op.Class
	}
	if len(op.Why) == 0 {
		op.Why = []model.Provenance{{Locator: "operation " + strconv.Itoa(m.ops)}}
	}
	t := m.tasks[op.Task]
	if t == nil {
		t = &taskState{}
		m.tasks[op.Task] = t
	}
	m.step(t, op)
	m.ops++
	return slices.Clone(m.broken[before:])
}

func (m *Machine) step(t *taskState, op Op) {
	switch op.Kind {
	case Acquire:
		m.acquire(t, op)
	case Release:
		m.release(t, op)
	case Downgrade:
		m.downgrade(t, op)
	case Init, Free:
		m.reuse(op)
	case IRQOff, IRQOn, BHOff, BHOn, PreemptOff, PreemptOn:
		m.mask(t, op)
	case EnterHardirq, EnterSoftirq:
		t.enter(op)
	case LeaveHardirq, LeaveSoftirq:
		m.leave(t, op)
	case WaitFor:
		m.waitFor(t, op)
	case Complete:
		m.complete(t, op)
	case Sleep:
		m.checkSleep(t, op, op.Func+" may sleep")
	case WWInit, WWDone, WWFini, WWBackoff:
		m.wwOp(t, op)
	case ReturnToUser, Exit:
		m.end(t, op)
	}
}

// violate records a broken rule.
func (m *Machine) violate(v Violation) {
	if len(m.broken) < maxViolations {
		v.Index = m.ops
		m.broken = append(m.broken, v)
	}
}

// Violations returns every broken rule in the order of the operations.
func (m *Machine) Violations() []Violation { return m.broken }

// Facts returns what the replay found, sorted: Before edges, uses, and one
// lock for each class.
func (m *Machine) Facts() *model.Facts {
	f := &model.Facts{}
	for k, e := range m.edges {
		from := m.classes[k.from]
		if k.sem && from != nil && from.handedOff {
			continue // down() did not make its task the one that ups
		}
		c := *e
		// A gate that is many locks protects nothing for certain.
		c.Gate = slices.DeleteFunc(slices.Clone(c.Gate), func(r model.Ref) bool {
			s := m.classes[r]
			return s == nil || s.many || s.counting || s.handedOff
		})
		c.AnyOf = from != nil && from.counting
		f.Edges = append(f.Edges, c)
	}
	slices.SortFunc(f.Edges, func(a, b model.Edge) int {
		return cmp.Or(compareOrder(a, b), cmp.Compare(a.FromMode, b.FromMode), cmp.Compare(a.Mode, b.Mode),
			cmp.Compare(boolInt(a.Try), boolInt(b.Try)), slices.CompareFunc(a.Why, b.Why, compareWhy))
	})
	for _, u := range m.uses {
		f.Uses = append(f.Uses, *u)
	}
	slices.SortFunc(f.Uses, func(a, b model.ContextUse) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), cmp.Compare(a.Context, b.Context),
			cmp.Compare(boolInt(a.Enabled), boolInt(b.Enabled)), cmp.Compare(a.Mode, b.Mode))
	})
	for class, c := range m.classes {
		f.Locks = append(f.Locks, model.Lock{Ref: c.instance, Class: class, Type: c.typ})
	}
	slices.SortFunc(f.Locks, func(a, b model.Lock) int { return cmp.Compare(a.Class, b.Class) })
	if m.overflow > 0 {
		f.Count("replay-held-overflow", int64(m.overflow))
	}
	return f
}
