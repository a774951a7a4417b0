// Package ir is the form in which functions are analysed: a control flow
// graph of calls and assignments, with every object named by a path from a
// parameter, a local or a global. It keeps nothing of the text it came from,
// so that a whole kernel fits into memory.
package ir

import (
	"sync/atomic"

	"gordian/internal/csource/ctype"
)

// Unit is what one file adds to the program.
type Unit struct {
	File   string
	Dir    string
	Check  bool // findings are wanted here
	Header bool
	Funcs  []*Func
	Inits  []Init            // function addresses in initialisers and stores
	Regs   []Reg             // file-scope registrations: DECLARE_WORK(w, fn), module_init(f)
	Locks  map[string]Global // file-scope locks
	Marks  []string          // what the file sets or calls of Table.Marks, and what it says of objects
	tables tables
	left   atomic.Int32 // functions that are not dropped
}

// What marks say of an object, before its class.
const (
	SoftTimer = "expires in softirqs: " // an hrtimer
	Counting  = "counts: "              // a semaphore that several may hold
	Signal    = "starts at 0: "         // a semaphore that is posted, not held
)

// Global is a file-scope lock.
type Global struct {
	Type   string // lock type
	Line   int
	Static bool
}

// Init says that a structure's member holds a function.
type Init struct {
	Struct string // tag of the structure
	Field  string
	Fn     string
	Var    string // the variable that is initialised, "" for a store
	Func   string // the function the store stands in, "" at file scope
	Line   int32
	Handle string // class of the object the member belongs to, for timers and work: "foo.timer"
}

// Reg is a registration that stands at file scope.
type Reg struct {
	Macro  string
	Fn     string
	Handle string
	Line   int32
}

// Func is one function.
type Func struct {
	ID      int32 // index in the program
	Name    string
	Unit    *Unit
	Line    int32
	End     int32
	Static  bool
	Inline  bool
	Pointer bool // returns a pointer
	Void    bool
	Attrs   []Attr
	*Body          // nil while it is packed
	Paths   []Path // Paths[0] is invalid
	Calls   int    // number of call instructions
	Skipped bool
	HasLock bool // calls a lock primitive of the table itself
	// Registers is set if it calls what registers callbacks or queues work.
	Registers bool
	// CallsParam is set if it calls a parameter, or a pointer of which nothing
	// is known.
	CallsParam bool
	NoReturn   bool     // no way leads to a return
	Refs       []Ref    // its uses of functions, beside calls by name
	called     []uint32 // names of functions that it calls, in the unit's tables
	packed     []byte
}

// Body is what is known of a function only while it is analysed.
type Body struct {
	Params []Param
	Blocks []Block // Blocks[0] is the entry
	Atoms  []Atom
}

// Attr is an annotation that matters: __acquires, __releases, __must_hold,
// __init, __exit.
type Attr struct {
	Name string
	Path PathID
}

// Param is a parameter.
type Param struct {
	Name string
	Type *ctype.Type
	Path PathID
}

// PathID names a Path of a Func. 0 is none.
type PathID int32

// PathKind is how a path's last step is made.
type PathKind uint8

// Kinds of paths.
const (
	NoPath     PathKind = iota
	ParamPath           // a parameter that is never assigned: Index
	LocalPath           // a local, or a parameter that is assigned
	GlobalPath          // a file-scope variable or function
	FieldPath           // member Name of Base, by value or through a pointer
	IndexPath           // an element of Base; Name is the index's text
	DerefPath           // *Base
	CallPath            // what the call Name(Args) returns, taken to be the same every time
	FreshPath           // what one call returns, new each time: Index tells them apart
	OuterPath           // container_of(Base, struct Owner, Name)
)

// Path is how an object is reached.
type Path struct {
	Kind  PathKind
	Base  PathID
	Index int32
	Name  string
	Owner string // FieldPath: tag of the structure that declares the member, "" if unknown
	Decl  string // file that declares Owner or the global
	Type  *ctype.Type
	Args  []PathID
	Class string // the lock class if the object is a lock: "uart_port.lock", "rx.c:lock", "" if the path tells nothing
	Text  string // as the source has it, without a leading &
}

// ValKind is what is known of an argument or assigned value.
type ValKind uint8

// Kinds of values.
const (
	UnknownVal ValKind = iota
	NumberVal          // Num
	SymbolVal          // a constant's name or a constant expression: Text
	PathVal            // Path
	AddrVal            // the address of Path
	FuncVal            // a function's name, or a name that may be one: Text
	AtomVal            // the value of atom Atom (a comparison, an expression)
	StringVal
	SignVal // whether the parameter Path has a sign of Num, or, if there is a Text, is (1) or is not (0) that constant
)

// Val is a value.
type Val struct {
	Kind ValKind
	Path PathID
	Atom AtomID
	Num  int64
	Text string
}

// AtomID names an Atom. 0 is none.
type AtomID int32

// Atom is an expression whose outcome the analysis follows: a scalar local or
// parameter, a member, a comparison, the result of a call.
type Atom struct {
	Text  string
	Path  PathID   // if it is simply the value of a path
	Deps  []string // names of locals and members that it reads; assigning one forgets it
	Call  string   // the function it is the result of, if it is one
	Param int32    // index of the parameter it is the value of, -1
}

// Instr is one step of a block.
type Instr struct {
	Call *Call // nil for an assignment
	Dst  PathID
	Obj  PathID // the object that a call returns, as the code after it names it
	Atom AtomID // the atom that Dst's value is, or the call's result
	Src  Val
	Line int32
}

// Call is a call.
type Call struct {
	Name    string // "" through a pointer
	Through PathID // the pointer: a FieldPath tells structure and member
	Args    []Val
	Guard   bool // Name is a guard class: its constructor
	Undo    bool // the destructor of guard class Name
	Macro   string
}

// TermKind is how a block ends.
type TermKind uint8

// Kinds of block ends.
const (
	Jump   TermKind = iota // to Then
	Branch                 // on Test: Then or Else
	Return                 // Ret
	Halt                   // does not go on: BUG()
)

// Block is a basic block.
type Block struct {
	Instrs []Instr
	Term   TermKind
	Test   Test
	Then   int32
	Else   int32
	Ret    Val
	Line   int32 // of the branch or return
}

// Test decides a branch: it goes to Then if the atom's value is in Mask.
type Test struct {
	Atom AtomID
	Mask Bits
	// Eq, if not "", compares Atom with a constant for equality; Same is then
	// the atom of the whole comparison.
	Eq   string
	Same AtomID
	Text string // as the source has it
}

// Bits is a set of outcomes of an integer or pointer.
type Bits uint8

// Outcomes: an error pointer counts as negative, a valid pointer as positive.
const (
	Neg  Bits = 1 << iota // < 0, IS_ERR()
	Zero                  // 0, NULL, false
	Pos                   // > 0, a valid pointer, true
	Any       = Neg | Zero | Pos
	None Bits = 0
)
