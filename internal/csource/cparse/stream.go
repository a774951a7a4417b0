package cparse

import (
	"strings"

	"gordian/internal/csource/cast"
	"gordian/internal/csource/cpp"
)

// The parser sees the file through a window of tokens that starts at the
// file-scope construct being parsed: it may go back that far, and memory does
// not grow with the file.

const (
	ahead   = 32   // tokens that peek may always look at
	batch   = 512  // tokens read at once
	compact = 8192 // consumed tokens that are worth dropping
)

// more reads tokens until there are enough to look ahead.
func (p *parser) more() {
	for !p.done && p.i+ahead >= len(p.toks) {
		p.read()
	}
	p.safe = len(p.toks) - ahead
}

// read appends a batch of tokens. Behind the end of the file it appends as many
// as peek may look at, so that nobody has to check.
func (p *parser) read() {
	p.toks = p.r.Fill(p.toks, batch)
	last := p.toks[len(p.toks)-1]
	if last.Kind != cpp.EOF {
		return
	}
	p.done = true
	for range 2 * ahead {
		p.toks = append(p.toks, last)
	}
}

// slide drops the tokens before the current one.
func (p *parser) slide() {
	if p.i < compact {
		return
	}
	n := copy(p.toks, p.toks[p.i:])
	p.toks, p.i = p.toks[:n], 0
	p.safe = n - ahead
}

// cur is the current token; it moves when more are read.
func (p *parser) cur() *cpp.Token { return &p.toks[p.i] }

// pos is the position of the current token.
func (p *parser) pos() cast.Pos { return cast.Pos(p.toks[p.i].Pos) }

// next moves to the next token, but never past the end.
func (p *parser) next() {
	if p.tok == cpp.EOF {
		return
	}
	p.i++
	if p.i >= p.safe {
		p.more()
	}
	p.tok = p.toks[p.i].Kind
}

// seek makes the token with index i of the window the current one.
func (p *parser) seek(i int) {
	p.i = i
	if p.i >= p.safe {
		p.more()
	}
	p.tok = p.toks[p.i].Kind
}

// peek is the kind of the n-th token from here.
func (p *parser) peek(n int) cpp.Kind { return p.toks[p.i+n].Kind }

// at is the token with index i of the window, reading as far as needed.
func (p *parser) at(i int) *cpp.Token {
	for i >= len(p.toks) {
		if p.done {
			return &p.toks[len(p.toks)-1]
		}
		p.read()
	}
	return &p.toks[i]
}

// accept passes a token of kind k.
func (p *parser) accept(k cpp.Kind) bool {
	if p.tok != k {
		return false
	}
	p.next()
	return true
}

// expect is accept, but nothing else will do.
func (p *parser) expect(k cpp.Kind) {
	if !p.accept(k) {
		p.fail()
	}
}

// closing is the index of the bracket that closes the one at index i, or of
// the token at which the search was given up.
func (p *parser) closing(i, limit int) (int, bool) {
	depth := 0
	for n := 0; n < limit; n++ {
		switch p.at(i).Kind {
		case cpp.LParen, cpp.LBrace, cpp.LBracket:
			depth++
		case cpp.RParen, cpp.RBrace, cpp.RBracket:
			if depth--; depth == 0 {
				return i, true
			}
		case cpp.EOF:
			return i, false
		}
		i++
	}
	return i, false
}

// skipBrackets passes a bracketed group.
func (p *parser) skipBrackets() {
	end, ok := p.closing(p.i, maxSkip)
	p.seek(end)
	if ok {
		p.next()
	}
}

// maxSkip is more than any file has.
const maxSkip = 1 << 30

// column0 reports whether the token with index i starts a line and stands in
// its first column.
func (p *parser) column0(i int) bool {
	t := p.at(i)
	return t.Macro == 0 && t.Flags&cpp.BOL != 0 && (t.Pos == 0 || p.f.Text[t.Pos-1] == '\n')
}

// column of a token, tabs counting as eight.
func (p *parser) column(t *cpp.Token) int {
	// A very long line says nothing by its indentation.
	before := p.f.Text[max(0, t.Pos-400):t.Pos]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	n := 0
	for i := range len(before) {
		if n++; before[i] == '\t' {
			n = (n + 7) &^ 7
		}
	}
	return n
}

// mark is what is known about the identifier with index i.
func (p *parser) mark(i int) cpp.Mark { return p.r.Symbol(p.toks[i].Sym).Mark }
