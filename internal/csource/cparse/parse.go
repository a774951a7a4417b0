package cparse

import (
	"fmt"
	"math"
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// MacroSource knows macros defined outside the file, in headers.
type MacroSource interface {
	Lookup(name string) *cast.Macro // nil if there is none
}

// Options says what the parser knows besides the text.
type Options struct {
	Macros MacroSource // may be nil
	// Relevant reports whether a name is one of the API table. Macros that
	// mention one are expanded; such names themselves never are. May be nil.
	Relevant func(ident string) bool
	// Arms chooses among #if arms. 0: every CONFIG_x counts as on, unknown
	// conditions take their first arm; 1: every CONFIG_x counts as off,
	// unknown conditions take their last arm.
	Arms int
	// Config has the CONFIG_x values of a .config; if it is not nil, Arms
	// decides unknown conditions only.
	Config map[string]string
}

// Parse parses text. It never fails: what it did not understand is counted in
// Stats. The tree lives in a until its Reset and holds slices of text.
func Parse(a *cast.Arena, path, text string, o Options) *cast.File {
	if a == nil {
		a = new(cast.Arena)
	}
	if len(text) > math.MaxInt32-1 {
		text = text[:math.MaxInt32-1] // positions have 32 bits
	}
	p, ok := a.Scratch.(*parser)
	if !ok {
		p = new(parser)
		a.Scratch = p
	}
	p.reset(a, path, text, o)
	for p.tok != cpp.EOF {
		p.external()
	}
	return p.finish()
}

// parser holds the state of one Parse.
type parser struct {
	a *cast.Arena
	f *cast.File
	r cpp.Reader

	toks []cpp.Token // a window of the file: see stream.go
	i    int
	safe int
	done bool
	tok  cpp.Kind // of toks[i]

	bad     bool // what is being parsed was not understood; cleared by recovery
	depth   int  // nesting of the grammar's recursion
	first   int  // index of the first token of the file-scope construct
	skipped int  // statements skipped in this function
	inArg   int  // statements end at a comma or parenthesis, too

	exprs []*cast.Expr // stacks for lists whose length is not known yet
	stmts []*cast.Stmt
	vars  []*cast.Var
}

// reset makes p ready for another text. The buffers stay.
func (p *parser) reset(a *cast.Arena, path, text string, o Options) {
	c := cpp.Config{Relevant: o.Relevant, Arms: o.Arms, Config: o.Config}
	if o.Macros != nil {
		c.Macros = o.Macros
	}
	p.r.Reset(text, c)
	p.a = a
	p.f = &cast.File{Path: path, Text: text, Lines: lines(text)}
	p.toks, p.i, p.safe, p.done, p.tok = p.toks[:0], 0, 0, false, cpp.EOF
	p.bad, p.depth, p.skipped, p.inArg = false, 0, 0, 0
	p.exprs, p.stmts, p.vars = p.exprs[:0], p.stmts[:0], p.vars[:0]
	p.more()
	p.tok = p.toks[0].Kind
}

// lines gives the offset of the start of each line.
func lines(text string) []int32 {
	out := make([]int32, 1, strings.Count(text, "\n")+1)
	for i := 0; ; {
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return out
		}
		i += n + 1
		out = append(out, int32(i))
	}
}

// finish collects what the reader saw, and lets go of the file.
func (p *parser) finish() *cast.File {
	f := p.f
	f.Includes, f.Comments, f.Arms = p.r.Includes, p.r.Comments, p.r.ByChoice
	f.Macros = p.r.Macros(f.Path, f.Line)
	f.Named = p.r.Named
	if p.r.Truncated && f.Stats.FirstError == "" {
		f.Stats.SkipDecls++
		f.Stats.FirstError = "the file is too large: its end was not read"
	}
	p.f = nil
	return f
}

// fail says that the token here does not fit. Everything unwinds to the next
// recovery without consuming more.
func (p *parser) fail() {
	if p.bad {
		return
	}
	p.bad = true
	p.report()
}

// report makes the token here the first error of the file, if it is.
func (p *parser) report() {
	if p.f.Stats.FirstError == "" {
		t := p.cur()
		p.f.Stats.FirstError = fmt.Sprintf("line %d: unexpected %q", p.f.Line(cast.Pos(t.Pos)), spell(t))
	}
}

// spell is how a token is named in messages.
func spell(t *cpp.Token) string {
	if t.Text != "" {
		return t.Text
	}
	if t.Kind == cpp.EOF {
		return "end of file"
	}
	return t.Kind.String()
}

// maxNesting bounds the recursion of the grammar, and maxChain the length of
// what makes a tree deep without it: a+a+a+…
const (
	maxNesting = 600
	maxChain   = 4096
)

// enter guards a recursion; each true is followed by leave.
func (p *parser) enter() bool {
	if p.depth >= maxNesting {
		p.fail()
		return false
	}
	p.depth++
	return true
}

func (p *parser) leave() { p.depth-- }
