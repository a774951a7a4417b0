package cast

// Pos is a byte offset into the file's text. A token that came out of a macro
// has the position of the macro's call.
type Pos int32

// File is one parsed file under one choice of #if arms.
type File struct {
	Path     string // as given to the parser
	Text     string
	Lines    []int32 // offset of the start of each line
	Includes []Include
	Funcs    []*Func
	Vars     []*Var   // file-scope variables and prototypes (Type.Kind Func, no body)
	Types    []*Type  // struct, union and enum definitions, outermost and nested, in order
	Typedefs []*Var   // Name is the new name
	Calls    []*Expr  // file-scope macro calls: DEFINE_MUTEX(x), DEVICE_ATTR(…), module_init(f)
	Macros   []*Macro // defined here and worth expanding elsewhere
	Comments []Comment
	Stats    Stats
	// Named reports whether a name occurs among the file's identifiers. It is
	// good for as long as the tree.
	Named func(name string) bool
	// Arms is set if some #if of the file was decided by the choice of arms:
	// another choice may give another tree.
	Arms bool
}

// Line returns the line of p, from 1.
func (f *File) Line(p Pos) int {
	low, high := 0, len(f.Lines) // sort.Search, a million times
	for low < high {
		if mid := (low + high) / 2; f.Lines[mid] > int32(p) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return low
}

// Include is one #include directive that stands in a chosen arm.
type Include struct {
	Name  string
	Angle bool // <name>
}

// Macro is a macro whose expansion matters to a lock analysis: it contains a
// lock call, a jump, a piece of a statement, or names a lock. Macros are kept
// after the file's text is gone, so their strings are clones.
type Macro struct {
	Name     string
	Params   []string
	FuncLike bool
	Variadic bool // the last of Params takes the rest; "__VA_ARGS__" if unnamed
	Body     string
	File     string
	Line     int
}

// Comment is a comment that speaks to gordian: "gordian: ignore RULE reason".
type Comment struct {
	Pos  Pos
	Text string // without comment marks
}

// Stats says how much of a file was understood.
type Stats struct {
	Funcs      int // function definitions
	Stmts      int // statements parsed
	SkipStmts  int // statements that had to be skipped
	SkipDecls  int // file-scope constructs that had to be skipped
	BadFuncs   int // functions with a skipped statement
	FirstError string
}

// Func is a function definition.
type Func struct {
	Name   string
	Type   *Type // Kind FuncType: Elem is the result, Params the parameters
	Static bool
	Inline bool
	Attrs  []Attr // __acquires(x), __must_hold(x), __init, …
	Body   *Stmt
	Pos    Pos // of the name
	End    Pos // of the closing brace
	// Skipped counts statements of the body that were not understood.
	Skipped int
	// Hash covers the body's tokens after expansion: equal in two choices of
	// arms if these arms make no difference here.
	Hash uint64
	// Macro is the macro whose file-scope call made this function, or "":
	// SYSCALL_DEFINE3(name, …) {…}, or a whole generated accessor.
	Macro string
}

// Attr is an attribute or annotation of a declaration.
type Attr struct {
	Name string // "__acquires", "__init", "noreturn", "__free"
	Args []*Expr
}

// Var is a declared name: variable, parameter, member, typedef or prototype.
type Var struct {
	Name    string // "" for an unnamed parameter or anonymous member
	Type    *Type
	Init    *Expr
	Attrs   []Attr
	Pos     Pos
	Static  bool
	Extern  bool
	Bitsize *Expr
}

// TypeKind is the shape of a Type.
type TypeKind uint8

// Kinds of types.
const (
	UnknownType TypeKind = iota
	BaseType             // int, unsigned long, void, bool, u32 …: Name is the spelling, words joined by a blank
	NamedType            // a typedef's name
	StructType           // Name is the tag, "" if anonymous
	UnionType
	EnumType
	PointerType // to Elem
	ArrayType   // of Elem
	FuncType    // result Elem, Params
	TypeofType  // of Expr
)

// Type is a type as written.
type Type struct {
	Kind     TypeKind
	Name     string
	Elem     *Type
	Params   []*Var
	Variadic bool
	Fields   []*Var // members, or enumerators (Init is the value), when Def
	Def      bool   // this is the definition: { … } follows the tag
	Expr     *Expr  // typeof(Expr), or an array's length
	Pos      Pos
}

// Op is what an expression does.
type Op uint8

// Operators and operands.
const (
	BadExpr     Op = iota // tokens that were skipped
	Ident                 // Name
	Number                // Name is its text
	String                // Name is its text with quotes; adjacent strings: the first
	Char                  // Name is its text
	Call                  // X(Args); at file scope Y is what it is set to: DEFINE_PER_CPU(int, x) = 3
	Member                // X.Name
	Arrow                 // X->Name
	Index                 // X[Y]
	Deref                 // *X
	AddrOf                // &X; &&label has Name = label and X nil
	Not                   // !X
	BitNot                // ~X
	Neg                   // -X
	Plus                  // +X
	PreInc                // ++X
	PreDec                // --X
	PostInc               // X++
	PostDec               // X--
	Binary                // X Name Y: Name is "+", "&&", "==", …
	Assign                // X Name Y: Name is "=", "+=", …
	Cond                  // X ? Y : Z; X ?: Z has Y nil
	Comma                 // X, Y
	Cast                  // (Type)X
	SizeofType            // sizeof(Type), also _Alignof, offsetof's first argument
	SizeofExpr            // sizeof X
	StmtExpr              // ({ Body })
	CompoundLit           // (Type){…}: X is the InitList
	InitList              // {Args}
	Designated            // .Name = Y, or [X] = Y
	TypeArg               // a type as an argument of a call
	Generic               // _Generic(X, …): Args are the values
)

// Expr is an expression.
type Expr struct {
	Op    Op
	Pos   Pos
	Name  string
	X     *Expr
	Y     *Expr
	Z     *Expr
	Args  []*Expr
	Type  *Type
	Body  *Stmt
	Macro string // the macro that this call-like expression was expanded from, outermost, or ""
}

// StmtKind is the kind of a statement.
type StmtKind uint8

// Kinds of statements.
const (
	BadStmt      StmtKind = iota // skipped
	EmptyStmt                    // ;
	ExprStmt                     // X;
	DeclStmt                     // Decls
	BlockStmt                    // { List }
	IfStmt                       // if (X) Body else Else
	WhileStmt                    // while (X) Body
	DoStmt                       // do Body while (X)
	ForStmt                      // for (Init; X; Y) Body: Init is a DeclStmt, ExprStmt or nil
	SwitchStmt                   // switch (X) Body
	CaseStmt                     // case X: or case X ... Y: ; the statement after it is its neighbour in List
	DefaultStmt                  // default:
	LabelStmt                    // Label:
	GotoStmt                     // goto Label; or goto *X
	BreakStmt                    // break;
	ContinueStmt                 // continue;
	ReturnStmt                   // return X;
	AsmStmt                      // asm; Labels of an asm goto
	LoopStmt                     // a for_each macro with a body: X is the call
	ScopedStmt                   // a macro that is no loop with a body: scoped_guard(…) Body, X is the call
)

// Stmt is a statement.
type Stmt struct {
	Kind   StmtKind
	Pos    Pos
	End    Pos // of its last token
	X      *Expr
	Y      *Expr
	Init   *Stmt
	Body   *Stmt
	Else   *Stmt
	List   []*Stmt
	Decls  []*Var
	Label  string
	Labels []string
}

// Walk calls f for e and every expression inside it, outermost first, without
// entering statement expressions. It stops below a node where f returns false.
func Walk(e *Expr, f func(*Expr) bool) {
	if e == nil || !f(e) {
		return
	}
	Walk(e.X, f)
	Walk(e.Y, f)
	Walk(e.Z, f)
	for _, a := range e.Args {
		Walk(a, f)
	}
}
