package cpp

import (
	"slices"
	"strings"
)

// interest says how much it matters that a macro is expanded.
type interest uint8

const (
	worthless   interest = iota
	worthHere            // helps to parse the file that defines it
	worthAbroad          // may hide what an analysis needs
	essential            // a lock, a jump, or an incomplete piece of a statement
)

// maxJudge bounds how deep macros that use macros are followed.
const maxJudge = 24

// judge says whether m is worth expanding. A macro that uses an interesting
// one is as interesting.
func (r *Reader) judge(m *macro) interest {
	return r.judgeDeep(m, 0)
}

// judgeDeep is judge for a macro that depth others lead to. One that leads back
// to itself counts as what is known of it so far.
func (r *Reader) judgeDeep(m *macro, depth int) interest {
	if m.judged || m.judging || depth > maxJudge {
		return m.interest
	}
	m.judging = true
	toks := r.lexBody(m)
	if m.judged {
		return worthless // too long
	}
	got := worthless
	switch {
	case len(toks) == 0:
		got = emptyInterest(m)
	case unbalanced(toks):
		got = essential
	case incomplete(m, toks), identity(toks):
		got = worthAbroad
	}
	for i := 0; i < len(toks) && got < essential; i++ {
		got = max(got, r.tokenInterest(m, toks, i, depth))
	}
	if m.external && got < essential && (loopName(m.name) || dull(m.name)) {
		got = worthless // known by its name, and nothing hidden in it
	}
	m.judging, m.judged, m.interest = false, true, got
	return got
}

// emptyInterest: a macro that expands to nothing only confuses the parser,
// except for include guards and annotations, which it knows.
func emptyInterest(m *macro) interest {
	if strings.HasPrefix(m.name, "_") || strings.HasSuffix(m.name, "_H") {
		return worthless
	}
	return worthHere
}

// incomplete reports whether a macro is no operand: 16 KB, with "*(1 << 10)",
// or several arguments.
func incomplete(m *macro, toks []Token) bool {
	if len(toks) > 0 && !m.funcLike && toks[0].Kind.Precedence() > 0 {
		return len(toks) == 1 || toks[0].Kind != And && toks[0].Kind != Sub
	}
	depth, choices := 0, 0
	for i, t := range toks {
		switch t.Kind {
		case LParen:
			depth++
		case RParen:
			depth--
		case Comma:
			if depth == 0 || i > 0 && toks[i-1].Kind == LParen {
				return true
			}
		case Question: // (1 ? X), for an X like 7:0
			choices++
		case Colon:
			choices--
		}
	}
	return choices != 0
}

// identity reports whether a macro only gives its arguments back.
func identity(toks []Token) bool {
	for _, t := range toks {
		if t.Macro == 0 {
			return false
		}
	}
	return true
}

// unbalanced reports whether a macro opens a bracket that it does not close, or
// the other way round: without it nothing around it can be parsed.
func unbalanced(toks []Token) bool {
	depth := 0
	for _, t := range toks {
		switch t.Kind {
		case LParen, LBrace, LBracket:
			depth++
		case RParen, RBrace, RBracket:
			depth--
		}
		if depth < 0 {
			return true
		}
	}
	return depth != 0
}

// tokenInterest says what token i of the body adds.
func (r *Reader) tokenInterest(m *macro, toks []Token, i, depth int) interest {
	t := toks[i]
	switch t.Kind {
	case KwGoto, KwReturn:
		return essential
	case KwBreak, KwContinue, KwCase, KwDefault:
		if !contains(toks, KwFor, KwWhile, KwSwitch) {
			return essential // it leaves a loop, or belongs to a switch, of the caller
		}
		return worthAbroad
	case KwElse:
		if i == 0 || i == len(toks)-1 {
			return essential
		}
		return worthAbroad
	case HashHash, KwIf, KwFor, KwWhile, KwDo, KwSwitch, LBrace, Semi, Arrow,
		KwStruct, KwUnion, KwStatic, KwExtern, KwTypedef, KwTypeof:
		return worthAbroad
	case Dot:
		return lvalue(toks, i+1)
	case And:
		if i == 0 || opens(toks[i-1].Kind) {
			return lvalue(toks, i+1)
		}
	case KwType, KwInline, KwQual, KwAttribute:
		if i == 0 && !m.funcLike {
			return worthHere
		}
	case Ident:
		return r.identInterest(m, toks, i, depth)
	}
	return worthless
}

// contains reports whether some token is of one of the kinds.
func contains(toks []Token, kinds ...Kind) bool {
	return slices.ContainsFunc(toks, func(t Token) bool { return slices.Contains(kinds, t.Kind) })
}

// lvalue: a member or an address may be a lock's.
func lvalue(toks []Token, i int) interest {
	for i < len(toks) && toks[i].Kind == LParen {
		i++
	}
	if i < len(toks) && toks[i].Kind == Ident && HasLower(toks[i].Text) {
		return worthAbroad
	}
	return worthless
}

// opens reports whether & behind a token of kind k takes an address.
func opens(k Kind) bool {
	return k == LParen || k == Comma || k.IsAssign() || k.Precedence() > 0 || k == Question || k == Colon
}

// identInterest says what a name in the body adds: one of the API table most, a
// macro as much as its own body, a function that is called something.
func (r *Reader) identInterest(m *macro, toks []Token, i, depth int) interest {
	t := toks[i]
	called := i+1 < len(toks) && toks[i+1].Kind == LParen
	if t.Macro != 0 { // a parameter: never a name of its own
		if called {
			return worthAbroad
		}
		return worthless
	}
	if r.relevantSymbol(t.Sym) {
		return essential
	}
	got := worthless
	s := r.Symbol(t.Sym)
	if s.state == unseen || s.state == defined {
		if s.state == unseen {
			r.lookUp(s)
		}
		if used := r.Symbol(t.Sym).macro; used != nil && used != m {
			got = r.judgeDeep(used, depth+1)
		}
	}
	if (called || !m.funcLike && len(toks) == 1) && HasLower(t.Text) {
		got = max(got, worthAbroad)
	}
	return got
}

// loopName reports whether a macro of this name is known to be a loop.
func loopName(name string) bool {
	return strings.Contains(name, "for_each") || strings.Contains(name, "foreach") || strings.HasSuffix(name, "_each")
}
