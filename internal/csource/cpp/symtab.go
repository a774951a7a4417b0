package cpp

import "strings"

// Symbol is a name of the file: an identifier or a keyword.
type Symbol struct {
	Name  string
	Kind  Kind
	Mark  Mark
	state symState
	hash  uint32
	macro *macro // what it is defined as, if it is
}

// symState says whether a symbol may be a macro.
type symState uint8

const (
	unseen  symState = iota // nobody asked yet
	plain                   // no macro, or one that is not worth expanding
	defined                 // a macro; interest is decided at its first use
	undefed                 // #undef: not even a header's macro
)

// symtab maps names to small numbers. Symbol 0 is no symbol.
type symtab struct {
	syms  []Symbol
	index []int32 // open addressing, a power of two long
}

const (
	hashStart = 2166136261
	hashPrime = 16777619
	minIndex  = 2048
)

// reset forgets all names but the given words.
func (t *symtab) reset(w []word) {
	if len(t.index) != minIndex {
		t.index = make([]int32, minIndex)
	}
	clear(t.index)
	clear(t.syms) // they hold on to the last file's text
	t.syms = append(t.syms[:0], Symbol{})
	for i := range w {
		s := &t.syms[t.intern(w[i].name, hashOf(w[i].name))]
		s.Kind, s.Mark = w[i].kind, w[i].mark
		if s.Kind != Ident {
			s.state = plain
		}
	}
}

// hashOf is the hash that ident computes.
func hashOf(name string) uint32 {
	h := uint32(hashStart)
	for i := 0; i < len(name); i++ {
		h = (h ^ uint32(name[i])) * hashPrime
	}
	return h
}

// intern returns the number of the name whose hash is h.
func (t *symtab) intern(name string, h uint32) int32 {
	mask := uint32(len(t.index) - 1)
	i := (h ^ h>>15) & mask
	for t.index[i] != 0 {
		if s := &t.syms[t.index[i]]; s.hash == h && s.Name == name {
			return t.index[i]
		}
		i = (i + 1) & mask
	}
	n := int32(len(t.syms))
	t.syms = append(t.syms, Symbol{Name: name, Kind: Ident, hash: h})
	t.index[i] = n
	if len(t.syms)*2 > len(t.index) {
		t.grow()
	}
	return n
}

// has reports whether a name is known.
func (t *symtab) has(name string) bool {
	h, mask := hashOf(name), uint32(len(t.index)-1)
	for i := (h ^ h>>15) & mask; t.index[i] != 0; i = (i + 1) & mask {
		if s := &t.syms[t.index[i]]; s.hash == h && s.Name == name {
			return true
		}
	}
	return false
}

// grow doubles the index when it is half full.
func (t *symtab) grow() {
	t.index = make([]int32, 2*len(t.index))
	mask := uint32(len(t.index) - 1)
	for n := 1; n < len(t.syms); n++ {
		h := t.syms[n].hash
		i := (h ^ h>>15) & mask
		for t.index[i] != 0 {
			i = (i + 1) & mask
		}
		t.index[i] = int32(n)
	}
}

// HasLower reports whether name has a lower-case letter: by the kernel's
// habit a name without one is a constant or a macro.
func HasLower(name string) bool {
	return strings.IndexFunc(name, func(r rune) bool { return r >= 'a' && r <= 'z' }) >= 0
}
