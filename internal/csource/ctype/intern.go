package ctype

import (
	"hash/maphash"
	"strings"
	"sync"
)

// shards is how many locks a table is spread over: with many workers two of
// them seldom want the same one.
const shards = 64

// table is a map that many goroutines fill at the same time.
type table[K comparable, V any] struct {
	seed   maphash.Seed
	shards [shards]struct {
		mu sync.RWMutex
		m  map[K]V
	}
}

func newTable[K comparable, V any]() *table[K, V] {
	t := &table[K, V]{seed: maphash.MakeSeed()}
	for i := range t.shards {
		t.shards[i].m = make(map[K]V)
	}
	return t
}

// find returns the value of k, if there is one.
func (t *table[K, V]) find(k K) (V, bool) {
	s := &t.shards[maphash.Comparable(t.seed, k)%shards]
	s.mu.RLock()
	v, ok := s.m[k]
	s.mu.RUnlock()
	return v, ok
}

// put stores v for k, unless another goroutine was first, and returns what is
// stored.
func (t *table[K, V]) put(k K, v V) V {
	s := &t.shards[maphash.Comparable(t.seed, k)%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.m[k]; ok {
		return old
	}
	s.m[k] = v
	return v
}

// pool shares equal strings and equal types: a kernel names "int" and "dev"
// a hundred thousand times.
type pool struct {
	names *table[string, string]
	types *table[Type, *Type]
	full  bool // no more names are kept: those of a source go with it
}

func newPool() pool {
	return pool{names: newTable[string, string](), types: newTable[Type, *Type]()}
}

// name returns a copy of s that outlives the file it was read from.
func (p pool) name(s string) string {
	if s == "" {
		return ""
	}
	if kept, ok := p.names.find(s); ok {
		return kept
	}
	s = strings.Clone(s)
	if p.full {
		return s
	}
	return p.names.put(s, s)
}

// share returns the one type that equals t. A type that is bound to one
// definition is seldom met twice, and goes when its file is forgotten.
func (p pool) share(t Type) *Type {
	t.bound = t.Def != nil || t.Elem != nil && t.Elem.bound
	if !t.bound {
		if kept, ok := p.types.find(t); ok {
			return kept
		}
	}
	kept := t
	kept.Tag = p.name(t.Tag)
	if kept.bound {
		return &kept
	}
	return p.types.put(kept, &kept)
}
