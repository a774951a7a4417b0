package kcode

import (
	"debug/elf"
	"slices"
	"testing"

	"gordian/internal/model"
	"gordian/internal/unwind"
)

// a64First is the lock that testdata/a64.s names.
const a64First = 0xffff800082000000

// TestHeldA64: the same questions as of x86 code.
func TestHeldA64(t *testing.T) {
	mutex := func(addr uint64, sure bool) []string { return []string{text(model.Mutex, addr, sure)} }
	semaphore := func(addr uint64) []string { return []string{text(model.Semaphore, addr, true)} }
	x19, x20 := unwind.X(19), unwind.X(20)
	m := listingOf(t, "testdata/a64.txt")
	m.word(obj+0x30, obj+0x1000) // p->dev
	m.word(stack-8, obj)         // the spilled pointer: 40 bytes above the stack pointer
	for _, c := range []struct {
		fn   string
		call int
		reg  unwind.Reg // holds obj now
		want []string   // locks held
		then []uint64   // locks that are released or completed later
	}{
		{"straight", 0, x19, semaphore(a64First), []uint64{a64First}},
		{"perhaps", 0, x19, mutex(obj+0x10, false), nil},
		{"condition", 0, x19, semaphore(obj), []uint64{obj}},
		{"trial", 0, x20, mutex(obj, true), []uint64{obj}},
		{"negative", 0, x19, semaphore(obj), nil},
		{"around", 0, x19, nil, []uint64{obj + 8, obj + 0x40}},
		{"wrapped", 0, x19, mutex(obj+0x18, true), []uint64{obj + 0x18}},
		{"throughtail", 0, x19, mutex(obj+0x20, true), nil},
		{"pointed", 0, x19, mutex(obj+0x1040, true), nil},
		{"inlined", 0, x19, []string{text(model.Spinlock, obj, true)}, nil},
		{"inlined", 1, x19, nil, nil},
		{"spilled", 0, x20, []string{text(model.RWSem, obj, true)}, []uint64{obj}},
		{"noisy", 0, x19, semaphore(obj), nil},
		{"far", 0, x19, mutex(obj, true), nil},
	} {
		t.Run(c.fn, func(t *testing.T) {
			f := m.frame(t, c.fn, c.call)
			if c.fn != "spilled" {
				f.Regs.Set(c.reg, obj)
			}
			s := New(m, m, elf.EM_AARCH64).Stack([]unwind.Frame{f})
			p := s.Point(0)
			if p == nil {
				t.Fatal("not understood")
			}
			var got []string
			for _, h := range p.Held {
				addr, _, ok := s.Resolve(0, h.Addr)
				if !ok {
					t.Errorf("%+v has no address", h)
				}
				got = append(got, text(h.Type, addr, h.Sure))
			}
			var then []uint64
			for _, e := range p.Events {
				if addr, _, ok := s.Resolve(0, e.Addr); ok {
					then = append(then, addr)
				}
			}
			slices.Sort(then)
			if !slices.Equal(got, c.want) || !slices.Equal(then, c.then) {
				t.Errorf("holds %v, want %v; then releases %#x, want %#x", got, c.want, then, c.then)
			}
		})
	}
}

// TestBaseA64: the CFA follows from x29, or, where an interrupt stopped the
// prologue, from the stack pointer; saved registers lie below it.
func TestBaseA64(t *testing.T) {
	m := listingOf(t, "testdata/a64.txt")
	c := New(m, m, elf.EM_AARCH64)
	f := m.frame(t, "wrapped", 0)
	f.Regs.Set(unwind.X(29), stack-48)
	if cfa, ok := c.Base(&f); !ok || cfa != stack {
		t.Errorf("CFA %#x, %v", cfa, ok)
	}
	saved, untouched := c.Restore(&f)
	want := []unwind.Saved{{Reg: unwind.X(19), Off: -32}, {Reg: unwind.X(20), Off: -24}}
	slices.SortFunc(saved, func(a, b unwind.Saved) int { return int(a.Off - b.Off) })
	// wrapped() does not change x20, so that it is untouched, too.
	if len(saved) != 1 || saved[0] != want[0] || len(untouched) != 9 {
		t.Errorf("saved %v, untouched %v", saved, untouched)
	}
	trap := unwind.Frame{Trap: true}
	trap.Regs.IP = m.syms[slices.IndexFunc(m.syms, func(s Symbol) bool { return s.Name == "wrapped" })].Start + 8
	trap.Regs.Set(unwind.SP, stack-48)
	trap.Regs.Set(unwind.X(29), stack+100)
	if cfa, ok := c.Base(&trap); !ok || cfa != stack {
		t.Errorf("in the prologue: CFA %#x, %v", cfa, ok)
	}
}
