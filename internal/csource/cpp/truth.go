package cpp

import (
	"strconv"
	"strings"
)

// truth of a condition.
type truth uint8

const (
	maybe truth = iota
	yes
	no
)

// truthOf is the truth of something known.
func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// value is what a part of a condition is. Some names are known to be true
// without being a known number.
type value struct {
	n     int64
	known bool
	truth truth
}

// number is a known number.
func number(n int64) value { return value{n, true, truthOf(n != 0)} }

// boolean is the 0 or 1 that a comparison gives, or nothing known.
func boolean(t truth) value {
	if t == maybe {
		return value{}
	}
	return value{n: int64(2 - t), known: true, truth: t}
}

// known2 is the truth of b if it is known at all.
func known2(known, b bool) truth {
	if !known {
		return maybe
	}
	return truthOf(b)
}

// apply evaluates "a op b". The logical operators need only one side to be sure,
// the others both.
func apply(op Kind, a, b value) value {
	switch op {
	case AndAnd:
		return boolean(and(a.truth, b.truth))
	case OrOr:
		// Not both false, by De Morgan.
		return boolean(flip(and(flip(a.truth), flip(b.truth))))
	}
	if !a.known || !b.known {
		return value{}
	}
	if compare, ok := comparison(op, a.n, b.n); ok {
		return boolean(truthOf(compare))
	}
	n, ok := arithmetic(op, a.n, b.n)
	if !ok {
		return value{}
	}
	return number(n)
}

// flip is not t.
func flip(t truth) truth { return [...]truth{maybe, no, yes}[t] }

// and is a && b in logic with an unknown.
func and(a, b truth) truth {
	switch {
	case a == no || b == no:
		return no
	case a == yes && b == yes:
		return yes
	}
	return maybe
}

// comparison evaluates a comparison; ok is false for other operators.
func comparison(op Kind, a, b int64) (result, ok bool) {
	switch op {
	case EqEq:
		return a == b, true
	case NotEq:
		return a != b, true
	case Lt:
		return a < b, true
	case Gt:
		return a > b, true
	case Le:
		return a <= b, true
	case Ge:
		return a >= b, true
	}
	return false, false
}

// arithmetic evaluates what gives a number. Overflow wraps, as it does in some
// preprocessor somewhere.
func arithmetic(op Kind, a, b int64) (int64, bool) {
	switch op {
	case Add:
		return a + b, true
	case Sub:
		return a - b, true
	case Mul:
		return a * b, true
	case Or:
		return a | b, true
	case And:
		return a & b, true
	case Xor:
		return a ^ b, true
	case Shl:
		return a << (uint64(b) & 63), true
	case Shr:
		return a >> (uint64(b) & 63), true
	case Div:
		if b != 0 {
			return a / b, true
		}
	case Mod:
		if b != 0 {
			return a % b, true
		}
	}
	return 0, false
}

// parseNumber reads a literal with its suffixes.
func parseNumber(text string) value {
	n, err := strconv.ParseInt(strings.TrimRight(text, "uUlL"), 0, 64)
	if err != nil {
		return value{}
	}
	return number(n)
}
