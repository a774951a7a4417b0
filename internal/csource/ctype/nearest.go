package ctype

import (
	"iter"
	"path"
	"slices"
	"strings"
	"sync/atomic"
)

// index finds the declarations of a name in all headers.
type index[T any] struct {
	first map[string]int32
	list  []entry[T]
}

type entry[T any] struct {
	value  T
	header int32
	next   int32 // in list; -1 at the end
}

func (x *index[T]) add(name string, header int32, v T) {
	if x.first == nil {
		x.first = make(map[string]int32)
	}
	next, ok := x.first[name]
	if !ok {
		next = -1
	}
	x.first[name] = int32(len(x.list))
	x.list = append(x.list, entry[T]{value: v, header: header, next: next})
}

// all runs over the list that starts at i: positions and headers.
func (x *index[T]) all(i int32) iter.Seq2[int32, int32] {
	return func(yield func(i, header int32) bool) {
		for j := i; j >= 0 && yield(j, x.list[j].header); j = x.list[j].next {
		}
	}
}

// nearest returns the declaration of name that the file from most likely
// means, and the header it stands in.
func nearest[T any](db *DB, x *index[T], name, from string) (v T, header int32, ok bool) {
	i, ok := x.first[name]
	if !ok {
		return v, -1, false
	}
	if x.list[i].next >= 0 {
		i, _ = newWhere(db, from).best(x.all(i))
	}
	return x.list[i].value, x.list[i].header, true
}

// where ranks headers by how near they are to one file.
type where struct {
	db       *DB
	from     string
	dir      string
	includes []int32 // headers
}

func newWhere(db *DB, from string) where {
	w := where{db: db, from: from, dir: path.Dir(from)}
	if s := db.scope(from); s != nil {
		w.includes = db.included(s)
	}
	return w
}

// included returns the headers that a file includes directly.
func (db *DB) included(s *scope) []int32 {
	if s.id >= 0 {
		return db.reach.next[s.id]
	}
	return db.reach.numbers(s.includes)
}

// best returns which of the candidates is nearest, the first of equals, and
// its rank; -1 if there are none.
func (w where) best(candidates iter.Seq2[int32, int32]) (best int32, top int) {
	best, top = -1, -1
	for i, header := range candidates {
		if r := w.rank(header); r > top {
			best, top = i, r
		}
	}
	return best, top
}

// Ranks, best last. A header that the file includes is what a compiler would
// take; the rest are guesses for files whose includes were not all found.
const (
	rankCommon   = 2    // times the number of common folders
	rankSameDir  = 1000 // more than any number of common folders
	rankIncluded = 2000 // directly or not
	rankDirect   = 3000
	rankSelf     = 4000
)

func (w where) rank(header int32) int {
	h := w.db.headers[header]
	if h.path == w.from {
		return rankSelf
	}
	r := rankCommon * common(w.dir, h.dir)
	if strings.HasPrefix(h.path, "include/") {
		r++
	}
	if h.dir == w.dir {
		r = rankSameDir
	}
	switch w.db.reach.from(w.includes, header) {
	case direct:
		return r + rankDirect
	case indirect:
		return r + rankIncluded
	}
	return r
}

// reach answers which headers a file includes.
type reach struct {
	ids     map[string]int32
	next    [][]int32                // per header, those that it includes directly
	closure []atomic.Pointer[bitset] // per header, made when first asked for
}

type bitset []uint64

func (b bitset) has(i int32) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bitset) set(i int32)      { b[i/64] |= 1 << (i % 64) }

func newReach(headers []*scope) *reach {
	r := &reach{ids: make(map[string]int32, len(headers)), next: make([][]int32, len(headers))}
	for i, h := range headers {
		r.ids[h.path] = int32(i)
	}
	for i, h := range headers {
		r.next[i] = r.numbers(h.includes)
	}
	r.closure = make([]atomic.Pointer[bitset], len(headers))
	return r
}

// numbers returns the headers with these paths, as far as they are known.
func (r *reach) numbers(paths []string) []int32 {
	out := make([]int32, 0, len(paths))
	for _, p := range paths {
		if id, ok := r.ids[p]; ok {
			out = append(out, id)
		}
	}
	return out
}

type distance uint8

const (
	unreached distance = iota
	indirect
	direct
)

func (r *reach) from(includes []int32, header int32) distance {
	if slices.Contains(includes, header) {
		return direct
	}
	for _, id := range includes {
		if r.all(id).has(header) {
			return indirect
		}
	}
	return unreached
}

// all returns what the header includes, directly or not, with itself. Two
// goroutines may both compute it; they get the same.
func (r *reach) all(header int32) bitset {
	if b := r.closure[header].Load(); b != nil {
		return *b
	}
	seen := make(bitset, (len(r.next)+63)/64)
	seen.set(header)
	for queue := []int32{header}; len(queue) > 0; {
		h := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, id := range r.next[h] {
			if !seen.has(id) {
				seen.set(id)
				queue = append(queue, id)
			}
		}
	}
	r.closure[header].Store(&seen)
	return seen
}
