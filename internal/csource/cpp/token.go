package cpp

// Kind is the kind of a token. Each keyword and each punctuator has its own.
type Kind uint8

// Kinds of tokens.
const (
	EOF Kind = iota
	Ident
	Number
	String
	Char
	Other // a byte that no C program has outside of strings

	LParen
	RParen
	LBrace
	RBrace
	LBracket
	RBracket
	Semi
	Comma
	Colon
	Question
	Dot
	Arrow
	Ellipsis
	Hash
	HashHash

	Eq // the assignments
	MulEq
	DivEq
	ModEq
	AddEq
	SubEq
	ShlEq
	ShrEq
	AndEq
	XorEq
	OrEq

	OrOr // the binary operators, loosest first
	AndAnd
	Or
	Xor
	And
	EqEq
	NotEq
	Lt
	Gt
	Le
	Ge
	Shl
	Shr
	Add
	Sub
	Mul
	Div
	Mod

	Not
	Tilde
	Inc
	Dec

	KwIf // the words that control the flow
	KwElse
	KwFor
	KwWhile
	KwDo
	KwSwitch
	KwCase
	KwDefault
	KwGoto
	KwBreak
	KwContinue
	KwReturn

	KwStatic // the words that a declaration starts with
	KwExtern
	KwTypedef
	KwInline
	KwStorage // register, auto, _Thread_local
	KwQual    // const, volatile, restrict and their spellings
	KwType    // int, unsigned, void …
	KwAutoType
	KwStruct
	KwUnion
	KwEnum
	KwTypeof
	KwAttribute
	KwAlignas
	KwStaticAssert

	KwSizeof // the rest
	KwAlignof
	KwExtension
	KwAsm
	KwGeneric
	KwLabel

	kinds
)

// IsAssign reports whether k is = or a compound assignment.
func (k Kind) IsAssign() bool { return k >= Eq && k <= OrEq }

// IsKeyword reports whether k is a word of the language.
func (k Kind) IsKeyword() bool { return k >= KwIf && k < kinds }

// IsFlow reports whether k starts or splits a statement.
func (k Kind) IsFlow() bool { return k >= KwIf && k <= KwReturn }

// StartsDecl reports whether a token of kind k can only begin a declaration.
func (k Kind) StartsDecl() bool { return k >= KwStatic && k <= KwStaticAssert }

// Precedence is 0 unless k is a binary operator; a higher one binds tighter.
func (k Kind) Precedence() int {
	if k < OrOr || k > Mod {
		return 0
	}
	return int(precedence[k-OrOr])
}

var precedence = [...]uint8{1, 2, 3, 4, 5, 6, 6, 7, 7, 7, 7, 8, 8, 9, 9, 10, 10, 10}

// String is the spelling of a punctuator, or "".
func (k Kind) String() string {
	if int(k) < len(spelling) {
		return spelling[k]
	}
	return ""
}

var spelling = [...]string{
	LParen: "(", RParen: ")", LBrace: "{", RBrace: "}", LBracket: "[", RBracket: "]",
	Semi: ";", Comma: ",", Colon: ":", Question: "?", Dot: ".", Arrow: "->", Ellipsis: "...",
	Hash: "#", HashHash: "##",
	Eq: "=", MulEq: "*=", DivEq: "/=", ModEq: "%=", AddEq: "+=", SubEq: "-=",
	ShlEq: "<<=", ShrEq: ">>=", AndEq: "&=", XorEq: "^=", OrEq: "|=",
	OrOr: "||", AndAnd: "&&", Or: "|", Xor: "^", And: "&", EqEq: "==", NotEq: "!=",
	Lt: "<", Gt: ">", Le: "<=", Ge: ">=", Shl: "<<", Shr: ">>",
	Add: "+", Sub: "-", Mul: "*", Div: "/", Mod: "%",
	Not: "!", Tilde: "~", Inc: "++", Dec: "--",
}

// Flags of a token.
type Flags uint8

const (
	// BOL is set on the first token of a line.
	BOL Flags = 1 << iota
	// noExpand is set on a macro's name inside its own expansion.
	noExpand
	// placemarker is an argument without tokens beside ##.
	placemarker
)

// Token is one token.
type Token struct {
	Kind  Kind
	Flags Flags
	Pos   int32 // offset into the text; of the call for what a macro expands to
	Sym   int32 // the symbol of an identifier or keyword, else 0
	Macro int32 // the symbol of the outermost macro it came from, else 0
	Text  string
}
