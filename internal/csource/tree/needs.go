package tree

import (
	"slices"
	"sync"

	"gordian/internal/csource/cast"
)

// needs finds out which functions of headers matter to a check: those that do
// something relevant, or call what may do it, and that the sources can reach.
// A driver's headers define thousands of functions and it uses dozens.
//
// Names are kept as hashes. Two that collide only make one function more
// matter.
type needs struct {
	mu    sync.Mutex
	nodes map[uint32]*node
	roots map[uint32]bool // named in sources; nil if there are too many of these to look
}

// node is all functions and macros with one name.
type node struct {
	uses    []uint32 // all names in it
	calls   []uint32 // those of them that are called
	matters bool     // by itself, until settle; then also through what it uses
	used    bool
}

// read takes the names in a body.
func (x *node) read(body string, relevant func(string) bool) {
	words(body, func(at, end int) bool {
		word := body[at:end]
		hash := hashOf(word)
		x.uses = append(x.uses, hash)
		x.matters = x.matters || relevant(word)
		if end < len(body) && body[end] == '(' && !control(word) {
			x.calls = append(x.calls, hash)
			// A call of a member may lead anywhere.
			x.matters = x.matters || at > 0 && (body[at-1] == '>' || body[at-1] == '.')
		}
		return true
	})
}

// control names what looks like a call without a blank before the bracket.
func control(word string) bool {
	switch word {
	case "if", "while", "for", "switch", "return", "sizeof", "typeof", "defined":
		return true
	}
	return false
}

// manySources is from where on everything in headers counts as used.
const manySources = 256

func newNeeds(sources int) *needs {
	n := &needs{nodes: make(map[uint32]*node)}
	if sources < manySources {
		n.roots = make(map[uint32]bool)
	}
	return n
}

// source takes the names that a source uses.
func (n *needs) source(text string) {
	if n.roots == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	words(text, func(at, end int) bool {
		n.roots[hashOf(text[at:end])] = true
		return true
	})
}

// header takes the functions and macros of a header.
func (n *needs) header(f *cast.File, relevant func(string) bool) {
	names := make([]uint32, 0, len(f.Funcs)+len(f.Macros))
	nodes := make([]node, 0, cap(names))
	for _, fn := range f.Funcs {
		names, nodes = append(names, hashOf(fn.Name)), append(nodes, function(fn, f.Text, relevant))
	}
	for _, m := range f.Macros {
		var x node
		x.read(m.Body, relevant)
		names, nodes = append(names, hashOf(m.Name)), append(nodes, x)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, name := range names {
		n.merge(name, &nodes[i])
	}
}

func function(fn *cast.Func, text string, relevant func(string) bool) node {
	if fn.Type == nil || fn.Pos >= fn.End || int(fn.End) > len(text) {
		return node{matters: true} // made by a macro: its text is elsewhere
	}
	x := node{matters: finds(fn)}
	x.read(text[fn.Pos:fn.End], relevant)
	x.matters = x.matters || slices.ContainsFunc(fn.Type.Params, func(p *cast.Var) bool {
		return slices.Contains(x.calls, hashOf(p.Name))
	})
	return x
}

func (n *needs) merge(name uint32, x *node) {
	old := n.nodes[name]
	if old == nil {
		n.nodes[name] = x
		return
	}
	old.uses = append(old.uses, x.uses...)
	old.calls = append(old.calls, x.calls...)
	old.matters = old.matters || x.matters
}

// maxFinder is the length of a function that only finds an object.
const maxFinder = 400

// finds says whether a function leads from one object to another, as
// container_of() does: locks are named through such functions.
func finds(fn *cast.Func) bool {
	return fn.Type.Elem != nil && fn.Type.Elem.Kind == cast.PointerType && fn.End-fn.Pos < maxFinder
}

// settle spreads what was collected over the calls.
func (n *needs) settle() {
	users := make(map[uint32][]*node)
	var matter []uint32
	for name, x := range n.nodes {
		for _, u := range x.uses {
			if n.nodes[u] != nil {
				users[u] = append(users[u], x)
			}
		}
		if x.matters = x.matters || slices.ContainsFunc(x.calls, n.outside); x.matters {
			matter = append(matter, name)
		}
	}
	n.spreadMatters(users, matter)
	n.spreadUsed()
	for _, x := range n.nodes {
		x.uses, x.calls = nil, nil
	}
}

// outside says whether a name may be that of a function in a source.
func (n *needs) outside(name uint32) bool {
	return n.nodes[name] == nil && (n.roots == nil || n.roots[name])
}

// spreadMatters makes all matter that use what matters.
func (n *needs) spreadMatters(users map[uint32][]*node, queue []uint32) {
	names := make(map[*node]uint32, len(n.nodes))
	for name, x := range n.nodes {
		names[x] = name
	}
	for len(queue) > 0 {
		name := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, x := range users[name] {
			if !x.matters {
				x.matters = true
				queue = append(queue, names[x])
			}
		}
	}
}

// spreadUsed marks what the sources reach.
func (n *needs) spreadUsed() {
	var queue []*node
	reach := func(name uint32) {
		if x := n.nodes[name]; x != nil && !x.used {
			x.used = true
			queue = append(queue, x)
		}
	}
	if n.roots == nil {
		for _, x := range n.nodes {
			x.used = true
		}
	}
	for name := range n.roots {
		reach(name)
	}
	for len(queue) > 0 {
		x := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		for _, u := range x.uses {
			reach(u)
		}
	}
}

// wants says, after settle, whether functions with this name matter. What only
// the second look at a header shows, with all macros known, does.
func (n *needs) wants(name uint32) bool {
	x := n.nodes[name]
	return x == nil || x.matters && x.used
}

// words calls f with each identifier of a text, by offsets, until f returns
// false. Comments and strings count as text.
func words(text string, f func(at, end int) bool) bool {
	for i := 0; i < len(text); i++ {
		if !isWord(text[i]) {
			continue
		}
		at := i
		for i < len(text) && isWord(text[i]) {
			i++
		}
		if text[at] > '9' && !f(at, i) {
			return false
		}
	}
	return true
}

// hashOf is FNV-1a.
func hashOf(s string) uint32 {
	h := uint32(2166136261)
	for i := range len(s) {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// names says whether a text contains a relevant name.
func (r *reader) names(text string) bool {
	return !words(text, func(at, end int) bool { return !r.relevant(text[at:end]) })
}
