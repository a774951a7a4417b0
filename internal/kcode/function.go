package kcode

import (
	"fmt"
	"slices"

	"gordian/internal/kmem"
)

// function is the control flow graph of one function.
type function struct {
	Symbol
	blocks  []block
	index   map[uint64]int // block by its first address
	ends    map[uint64]int // block by the address of each of its instructions
	partial bool           // some of its code could not be decoded
	aligns  bool           // it rounds its stack pointer down
}

// block is a run of instructions with one entry and one exit.
type block struct {
	ins  []instr
	succ []int // blocks that follow; after a conditional jump: not taken, then taken
	tail bool  // ends with a jump to another function
	ret  bool  // ends with a return
}

const (
	maxFunctionSize = 256 << 10
	maxFunctionIns  = 16_384
)

// function returns the graph of the function that starts at an address.
func (c *Code) function(s Symbol) (*function, error) {
	if f, ok := c.funcs[s.Start]; ok {
		if f == nil {
			return nil, fmt.Errorf("code of %s cannot be read", s.Name)
		}
		return f, nil
	}
	c.funcs[s.Start] = nil
	if s.End <= s.Start || s.End-s.Start > maxFunctionSize {
		return nil, fmt.Errorf("code of %s: %d bytes", s.Name, s.End-s.Start)
	}
	r := &reader{code: c, sym: s, text: c.text(s.Start, s.End), ins: map[uint64]instr{}, leaders: map[uint64]bool{s.Start: true}}
	if len(r.text) == 0 {
		return nil, fmt.Errorf("code of %s is not in the dump", s.Name)
	}
	r.follow()
	f := r.graph()
	f.partial = r.partial
	c.funcs[s.Start] = f
	return f, nil
}

// text reads code, as much of it as there is in one piece.
func (c *Code) text(start, end uint64) []byte {
	var out []byte
	for start+uint64(len(out)) < end {
		v, err := c.mem.View(start + uint64(len(out)))
		if err != nil {
			break
		}
		out = append(out, v[:min(uint64(len(v)), end-start-uint64(len(out)))]...)
	}
	return out
}

// reader decodes what can be reached from the entry of a function.
type reader struct {
	code    *Code
	sym     Symbol
	text    []byte
	ins     map[uint64]instr
	leaders map[uint64]bool
	partial bool // some code could not be decoded
}

// fetch decodes one instruction: of the function, or of a part of it that the
// compiler put elsewhere (.cold).
func (r *reader) fetch(addr uint64) (instr, bool) {
	if addr >= r.sym.Start && addr-r.sym.Start < uint64(len(r.text)) {
		return r.decode(r.text[addr-r.sym.Start:], addr)
	}
	var b [16]byte
	n := len(b)
	for ; n > 0; n -= 4 { // the last instructions before a page that is missing
		if kmem.Read(r.code.mem, b[:n], addr) == nil {
			break
		}
	}
	return r.decode(b[:n], addr)
}

func (r *reader) decode(b []byte, addr uint64) (instr, bool) {
	i, err := r.code.isa.decode(b, addr)
	if i.target != 0 && (i.target < r.sym.Start || i.target >= r.sym.End) {
		i.target = r.code.isa.through(r.code.mem, i.target)
	}
	return i, err == nil
}

// follow decodes along all jumps.
func (r *reader) follow() {
	work := []uint64{r.sym.Start}
	for len(work) > 0 {
		addr := work[len(work)-1]
		work = work[:len(work)-1]
		for {
			if _, seen := r.ins[addr]; seen {
				break
			}
			i, ok := r.fetch(addr)
			if !ok || len(r.ins) >= maxFunctionIns || r.code.left <= 0 {
				r.partial = true
				break
			}
			r.code.left--
			r.ins[addr] = i
			next, jump := r.leads(&i)
			if jump != 0 {
				r.leaders[jump] = true
				work = append(work, jump)
				if next != 0 {
					r.leaders[next] = true
				}
			}
			if next == 0 {
				break
			}
			addr = next
		}
	}
}

// leads returns where an instruction goes on, and where it jumps to inside of
// the function; 0 for nowhere.
func (r *reader) leads(i *instr) (next, jump uint64) {
	switch i.op {
	case opRet, opStop:
		return 0, 0
	case opJmp:
		if i.target != 0 && !r.leaves(i.target) {
			return 0, i.target
		}
		return 0, 0
	case opJcc:
		if i.target != 0 && r.leaves(i.target) {
			return i.end(), 0
		}
		return i.end(), i.target
	case opCall:
		if r.code.callee(i).noReturn {
			return 0, 0
		}
	}
	return i.end(), 0
}

// leaves reports whether a jump goes to another function. The parts that a
// compiler splits off are symbols of their own, named "f.cold".
func (r *reader) leaves(to uint64) bool {
	if to >= r.sym.Start && to < r.sym.End {
		return false
	}
	s, ok := r.code.sym.Func(to)
	if !ok {
		return true
	}
	return s.Start == to && base(s.Name) != base(r.sym.Name) || s.Start != to && base(s.Name) != base(r.sym.Name) && !inner(s.Name)
}

// inner reports whether a symbol names a place inside of another function.
func inner(name string) bool { return len(name) > 0 && name[0] == '.' }

// graph cuts the instructions into blocks.
func (r *reader) graph() *function {
	f := &function{Symbol: r.sym, index: map[uint64]int{}, ends: map[uint64]int{}}
	starts := make([]uint64, 0, len(r.leaders))
	for a := range r.leaders {
		if _, ok := r.ins[a]; ok {
			starts = append(starts, a)
		}
	}
	slices.Sort(starts)
	for n, a := range starts {
		f.index[a] = n
	}
	f.blocks = make([]block, len(starts))
	for n, a := range starts {
		r.fill(f, n, a)
	}
	return f
}

func (r *reader) fill(f *function, n int, addr uint64) {
	b := &f.blocks[n]
	for {
		i, ok := r.ins[addr]
		if !ok {
			return // what follows could not be read
		}
		b.ins = append(b.ins, i)
		f.aligns = f.aligns || i.op == opAlign
		f.ends[i.addr] = n
		next, jump := r.leads(&i)
		switch i.op {
		case opRet:
			b.ret = true
		case opJmp:
			b.tail = jump == 0
		}
		to, isLeader := f.index[next]
		if next != 0 && jump == 0 && i.op != opJcc && !isLeader {
			addr = next
			continue
		}
		if next != 0 && isLeader {
			b.succ = append(b.succ, to)
		}
		if at, ok := f.index[jump]; jump != 0 && ok {
			b.succ = append(b.succ, at)
		}
		if next != 0 && !isLeader { // a conditional jump out of the function
			addr = next
			continue
		}
		return
	}
}

// callee is a function that something calls, and what it does to locks.
type callee struct {
	sym      Symbol
	known    bool // sym is a function that begins at the target
	effect   Effect
	noReturn bool
}

// callee looks a target up, once: code comes to the same functions again and
// again, and the analysis to the same code.
func (c *Code) callee(i *instr) callee {
	if i.target == 0 {
		return callee{}
	}
	t, ok := c.calls[i.target]
	if ok {
		return t
	}
	if s, ok := c.sym.Func(i.target); ok && s.Start == i.target {
		name := base(s.Name)
		t = callee{sym: s, known: true, effect: c.does[name], noReturn: noReturn[name]}
	}
	c.calls[i.target] = t
	return t
}
