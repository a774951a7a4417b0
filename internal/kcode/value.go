package kcode

import "gordian/internal/unwind"

// Value is what a register or a stack slot holds, as a symbol: two values that
// are equal are the same number whenever the code runs.
type Value struct {
	kind valueKind
	reg  unwind.Reg // of an entry value, or of a merged one
	id   uint32     // which instruction, block or expression
	off  int64      // is added
}

type valueKind uint8

const (
	unknown    valueKind = iota
	constant             // off itself
	stackAddr            // the CFA plus off
	entryValue           // what reg held when the function was called
	result               // what instruction id gave: the result of a call, a computation
	merged               // what reg held at the start of block id, from several paths
	loaded               // the 8 bytes that lie at expression id
)

// Known reports whether the analysis knows what the value is made of.
func (v Value) Known() bool { return v.kind != unknown }

// Const returns the number, for a value that is the same in every run.
func (v Value) Const() (uint64, bool) { return uint64(v.off), v.kind == constant }

func (v Value) plus(n int64) Value {
	if v.kind != unknown {
		v.off += n
	}
	return v
}

// symbol is the value without what is added: that which can be bound to a
// number.
func (v Value) symbol() Value {
	v.off = 0
	return v
}

// mayBe reports whether two values that are not equal can be the same number:
// not those that only what is added tells apart, nor the stack and what lies elsewhere.
func (v Value) mayBe(o Value) bool {
	return v.kind == unknown || v.symbol() != o.symbol() && v.kind != stackAddr && o.kind != stackAddr
}

func number(n uint64) Value               { return Value{kind: constant, off: int64(n)} }
func atEntry(r unwind.Reg) Value          { return Value{kind: entryValue, reg: r} }
func onStack(off int64) Value             { return Value{kind: stackAddr, off: off} }
func resultOf(i *instr) Value             { return Value{kind: result, id: uint32(i.addr)} }
func merge(at uint64, r unwind.Reg) Value { return Value{kind: merged, id: uint32(at), reg: r} }

// exprs numbers the addresses that are loaded from, so that two loads from one
// address are the same value. That memory changes in between is not seen:
// pointers to locks, which is what this is for, rarely do.
type exprs struct {
	ids  map[Value]uint32
	list []Value
	deep []uint8 // how many loads are in each other
}

// maxLoads bounds p->a->b->…: a list walk would never end.
const maxLoads = 6

// load returns the value at an address; !Known if that is none to follow.
func (e *exprs) load(addr Value) Value {
	deep := uint8(1)
	switch addr.kind {
	case unknown:
		return Value{}
	case loaded:
		deep = e.deep[addr.id] + 1
	}
	if deep > maxLoads {
		return Value{}
	}
	id, ok := e.ids[addr]
	if !ok {
		id = uint32(len(e.list))
		e.ids[addr] = id
		e.list = append(e.list, addr)
		e.deep = append(e.deep, deep)
	}
	return Value{kind: loaded, id: id}
}

// addrOf returns the address that a loaded value lies at.
func (e *exprs) addrOf(v Value) Value { return e.list[v.id] }
