package cpp

import (
	"strings"

	"gordian/internal/csource/arena"
	"gordian/internal/csource/cast"
)

// Config says what a Reader knows besides the text.
type Config struct {
	Macros   interface{ Lookup(name string) *cast.Macro } // of headers; may be nil
	Relevant func(ident string) bool                      // may be nil
	Arms     int                                          // which arms of #if: see cparse.Options
	Config   map[string]string                            // may be nil
}

// maxTokens bounds what one file may yield: the largest file of the kernel
// has an eighth of it. More is not C that anybody wrote.
const maxTokens = 4 << 20

// Reader yields the tokens of one file in its chosen arms, with interesting
// macros expanded. Its buffers are used again after Reset.
type Reader struct {
	Includes  []cast.Include
	Comments  []cast.Comment
	ByChoice  bool // some #if was decided by Config.Arms
	Truncated bool // the text had more tokens than maxTokens

	cfg   Config
	s     scanner
	tab   symtab
	words []word
	count int // tokens handed out

	braces int  // open ones in what was handed out
	last   Kind // of the last token handed out

	conds   []arm           // the open #if directives
	decided map[string]bool // conditions decided as a whole
	assumed map[int32]bool  // names assumed to be defined, or not
	skipped []int32         // offsets of #defines of plain numbers that nobody read yet
	macros  []*macro        // all others, in order

	lists arena.Lists[Token]   // expansions; they live as long as the file
	spare [][]Token            // buffers in which lists of unknown length are made
	args  arena.Lists[[]Token] // arguments

	ctx    []context // what is being expanded, innermost last
	floor  int       // contexts below belong to the caller of expandList
	nested int       // calls of expandList that are open
	budget int       // tokens that the macro call being expanded may still yield
	total  int       // the same for the whole file
	broken int       // macro calls that were never closed
}

// Reset prepares r for another text.
func (r *Reader) Reset(text string, cfg Config) {
	if r.words == nil {
		r.words = words()
	}
	r.tab.reset(r.words)
	r.s.init(text, &r.tab)
	r.s.comments = r.comment
	r.cfg = cfg
	r.lists.Reset()
	r.args.Reset()
	r.Includes, r.Comments = nil, nil
	r.ByChoice, r.Truncated = false, false
	r.count, r.floor, r.nested, r.broken, r.braces, r.last = 0, 0, 0, 0, 0, EOF
	r.total = 4*maxExpand + 8*len(text)
	clear(r.decided)
	clear(r.assumed)
	clear(r.macros)
	r.conds, r.skipped, r.macros, r.ctx = r.conds[:0], r.skipped[:0], r.macros[:0], r.ctx[:0]
}

// Fill appends the next n tokens to toks. At the end of the text it appends a
// token of kind EOF and stops there.
func (r *Reader) Fill(toks []Token, n int) []Token {
	for ; n > 0; n-- {
		toks = append(toks, Token{})
		t := &toks[len(toks)-1]
		r.next(t)
		r.note(t)
		if r.count > maxTokens {
			r.Truncated = true
			*t = Token{Pos: t.Pos, Flags: BOL}
		}
		if t.Kind == EOF {
			break
		}
	}
	return toks
}

// buffer returns an empty list to be filled, and then kept with keep.
func (r *Reader) buffer() []Token {
	n := len(r.spare)
	if n == 0 {
		return nil
	}
	b := r.spare[n-1]
	r.spare = r.spare[:n-1]
	return b[:0]
}

// keep returns a copy of what a buffer holds, and takes the buffer back.
func (r *Reader) keep(b []Token) []Token {
	out := r.lists.Copy(b)
	r.release(b)
	return out
}

// maxBuffer bounds the buffers that stay.
const maxBuffer = 16 << 10

func (r *Reader) release(b []Token) {
	if cap(b) > 0 && cap(b) <= maxBuffer {
		r.spare = append(r.spare, b)
	}
}

// Named reports whether a name occurred in the text, or in a macro that it may
// use.
func (r *Reader) Named(name string) bool { return r.tab.has(name) }

// Symbol is the symbol with number n; the pointer is good until the next Fill.
func (r *Reader) Symbol(n int32) *Symbol { return &r.tab.syms[n] }

// note keeps track of where in the file t is. A brace in the first column
// closes all: the count may be off after #if arms that do not balance.
func (r *Reader) note(t *Token) {
	r.count++
	r.last = t.Kind
	switch t.Kind {
	case LBrace:
		r.braces++
	case RBrace:
		r.braces = max(0, r.braces-1)
		if t.Macro == 0 && t.Flags&BOL != 0 && (t.Pos == 0 || r.s.text[t.Pos-1] == '\n') {
			r.braces = 0
		}
	}
}

// declares reports whether the name just read, of a header's macro, is being
// declared here: "void *memmove(" or "long END =" outside of all braces. A
// macro that makes names, by ##, does not count.
func (r *Reader) declares(m *macro) bool {
	if !m.external || r.braces != 0 || len(r.ctx) != 0 || r.last != Mul && r.last != Ident && r.last != KwType {
		return false
	}
	if !m.funcLike {
		rest := r.s.text[skipBlanks(r.s.text, r.s.pos):]
		return rest != "" && (rest[0] == ';' || rest[0] == '=')
	}
	return HasLower(m.name) || !contains(m.toks, HashHash)
}

// Hash adds t to the hash h of the tokens before it. It depends on their
// spelling only.
func (r *Reader) Hash(h uint64, t *Token) uint64 {
	h = (h ^ uint64(t.Kind)) * 1099511628211
	if t.Sym != 0 {
		return (h ^ uint64(r.tab.syms[t.Sym].hash)) * 1099511628211
	}
	for i := 0; i < len(t.Text); i++ {
		h = (h ^ uint64(t.Text[i])) * 1099511628211
	}
	return h
}

// raw reads a token of the text, obeying directives on the way.
func (r *Reader) raw(t *Token) {
	for {
		r.s.scan(t)
		if t.Kind != Hash || t.Flags&BOL == 0 {
			return
		}
		r.directive(int(t.Pos))
	}
}

// comment keeps a comment that speaks to gordian.
func (r *Reader) comment(from, to int) {
	text := r.s.text[from:to]
	if !strings.Contains(text, "gordian:") {
		return
	}
	text = strings.TrimSuffix(strings.TrimLeft(text, "/*"), "*/")
	r.Comments = append(r.Comments, cast.Comment{Pos: cast.Pos(from), Text: strings.TrimSpace(text)})
}
