package flow

import (
	"slices"
	"strings"

	"gordian/internal/csource/ir"
)

// val is what is known of an atom: its sign, and the constants that it may be.
// It has no pointers: states consist of these, and are copied at each branch.
type val struct {
	bits ir.Bits
	eqs  set
	ne   con // a constant that it is not
}

// con is a constant of the function that is analysed, 0 for none.
type con uint16

// set is some constants of it.
type set uint16

// The two sets that every function has.
const (
	anyOf  set = iota // nothing is known
	noneOf            // cannot be
)

// maxEqs bounds how many constants are told apart.
const maxEqs = 6

// maxConstants bounds the constants and the sets of one function, so that
// their numbers fit: what comes later is not told apart.
const maxConstants = 1<<16 - 1

// members are the constants of a set in ascending order, then zeros.
type members [maxEqs]con

// constants numbers the constants of one function, and sets of them.
type constants struct {
	texts []string // of con-1
	ids   map[string]con
	sets  []members // of set-2
	index map[members]set
}

// id returns the number of a constant, 0 for "".
func (c *constants) id(text string) con {
	if text == "" {
		return 0
	}
	id, ok := c.ids[text]
	if ok || len(c.texts) == maxConstants {
		return id
	}
	if c.ids == nil {
		c.ids = map[string]con{}
	}
	c.texts = append(c.texts, text)
	id = con(len(c.texts))
	c.ids[text] = id
	return id
}

func (c *constants) text(id con) string {
	if id == 0 {
		return ""
	}
	return c.texts[id-1]
}

func (c *constants) set(m members) set {
	if m[0] == 0 {
		return noneOf
	}
	s, ok := c.index[m]
	if ok {
		return s
	}
	if len(c.sets) >= maxConstants-int(noneOf) {
		return anyOf
	}
	if c.index == nil {
		c.index = map[members]set{}
	}
	c.sets = append(c.sets, m)
	s = set(len(c.sets)) + noneOf
	c.index[m] = s
	return s
}

func (c *constants) members(s set) members {
	if s <= noneOf {
		return members{}
	}
	return c.sets[s-noneOf-1]
}

// only is the set of one constant; of none, it is any.
func (c *constants) only(text string) set {
	id := c.id(text)
	if id == 0 {
		return anyOf
	}
	return c.set(members{id})
}

// eq is the one constant that a value is, "" if that is not known.
func (c *constants) eq(v val) string {
	if m := c.members(v.eqs); m[1] == 0 {
		return c.text(m[0])
	}
	return ""
}

// oneOf lists the constants that a value may be, as a guard does: "" if that is
// not known.
func (c *constants) oneOf(v val) string {
	var out []string
	for _, id := range c.members(v.eqs) {
		if id != 0 {
			out = append(out, c.text(id))
		}
	}
	slices.Sort(out) // numbers differ between functions
	return strings.Join(out, between)
}

// these is the set of a guard's constants.
func (c *constants) these(eq string) set {
	if eq == "" {
		return anyOf
	}
	out := noneOf
	for _, text := range OneOf(eq) {
		if one := c.only(text); out == noneOf {
			out = one
		} else {
			out = c.union(out, one)
		}
	}
	return out
}

// may reports whether a value may be a constant.
func (c *constants) may(v val, text string) bool {
	id := c.ids[text]
	if v.ne != 0 && v.ne == id {
		return false
	}
	m := c.members(v.eqs)
	return v.eqs == anyOf || id != 0 && slices.Contains(m[:], id)
}

// union joins two sets.
func (c *constants) union(a, b set) set {
	if a == b || a == anyOf || b == anyOf {
		return min(a, b) // anyOf is the least
	}
	x, y := c.members(a), c.members(b)
	all := slices.Concat(x[:], y[:])
	slices.Sort(all)
	all = slices.DeleteFunc(slices.Compact(all), func(id con) bool { return id == 0 })
	if len(all) > maxEqs {
		return anyOf
	}
	var m members
	copy(m[:], all)
	return c.set(m)
}

// without is a set less one constant.
func (c *constants) without(s set, text string) set {
	id, m := c.ids[text], c.members(s)
	if i := slices.Index(m[:], id); i >= 0 && id != 0 {
		copy(m[i:], m[i+1:])
		m[maxEqs-1] = 0
		return c.set(m)
	}
	return s
}
