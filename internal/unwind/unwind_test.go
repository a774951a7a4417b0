package unwind

import (
	"encoding/binary"
	"errors"
	"testing"

	"gordian/internal/kmem"
)

// image is memory made of pieces; what is between them is missing.
type image map[uint64][]byte

func (m image) View(va uint64) ([]byte, error) {
	for at, b := range m {
		if va >= at && va-at < uint64(len(b)) {
			return b[va-at:], nil
		}
	}
	return nil, &kmem.MissingError{Addr: va, Err: errors.New("hole")}
}

type row struct {
	ip           uint64
	spOff, bpOff int16
	bits         uint16
}

const (
	text     = 0xffffffff81000000
	ipsAt    = 0xffffffff82000000
	entries  = 0xffffffff82100000
	stackTop = 0xffffc90000004000
)

// table puts an ORC table into m.
func table(m image, rows []row) *Table {
	var ips, es []byte
	for i, r := range rows {
		at := ipsAt + 4*uint64(i)
		ips = binary.LittleEndian.AppendUint32(ips, uint32(r.ip-at))
		es = binary.LittleEndian.AppendUint16(es, uint16(r.spOff))
		es = binary.LittleEndian.AppendUint16(es, uint16(r.bpOff))
		es = binary.LittleEndian.AppendUint16(es, r.bits)
	}
	m[ipsAt], m[entries] = ips, es
	return &Table{Low: text, High: text + 0x10000, IPs: ipsAt, Entries: entries, Len: len(rows)}
}

func unwinder(m image, l Layout, t *Table) *Unwinder {
	return &Unwinder{Mem: m, Layout: l,
		Table:    func(ip uint64) (*Table, bool) { return t, ip >= t.Low && ip < t.High },
		InKernel: func(ip uint64) bool { return ip >= text && ip < text+0x10000 },
		PtRegs:   PtRegs{Size: 168, IP: 128, CS: 136, SP: 152, Offset: map[Reg]uint64{R15: 0, R14: 8, R13: 16, R12: 24, BP: 32, BX: 40, AX: 80, DI: 112}},
	}
}

func words(ws ...uint64) []byte {
	var b []byte
	for _, w := range ws {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// Numbers of types, and where they stand, in the three generations.
var generations = []struct {
	name                  string
	layout                Layout
	call, regs, part, end uint16
}{
	{"5.10", LayoutOf(5, 10), 0, 1 << 8, 2 << 8, 1 << 10},
	{"6.3", LayoutOf(6, 3), 0, 1 << 8, 2 << 8, 1 << 11},
	{"6.4", LayoutOf(6, 4), 2 << 8, 3 << 8, 4 << 8, 1 << 8},
}

func TestWalkThroughCallsAndAnInterrupt(t *testing.T) {
	for _, g := range generations {
		t.Run(g.name, func(t *testing.T) {
			m := image{}
			const sp0 = stackTop - 0x400
			// leaf (12 bytes of locals) ← handler ← pt_regs ← worker (keeps BP) ← bottom
			tab := table(m, []row{
				{text, 24, 0, regSP | g.call},                                // leaf
				{text + 0x100, 8, 0, regSP | g.call},                         // handler
				{text + 0x200, 0, 0, regSP | g.regs},                         // entry code: pt_regs at SP
				{text + 0x300, 16, -16, regBP | regPrevSP<<4 | g.call},       // worker with frame pointer
				{text + 0x400, 0, 0, regUndefined | g.end | endBits(g.name)}, // bottom
			})
			regs := make([]uint64, 21)
			const bpWorker = stackTop - 0x100
			regs[4], regs[5], regs[14] = bpWorker, 0xb0b, 0xd1
			regs[16], regs[17], regs[18], regs[19] = text+0x310, 0x10, 0x246, bpWorker-0x40
			stack := make([]byte, 0x400)
			put := func(va uint64, b []byte) { copy(stack[va-sp0:], b) }
			put(sp0, words(1, 2, text+0x110))        // leaf's locals, return into handler
			put(sp0+24, words(text+0x210))           // handler's return into entry code
			put(sp0+32, words(regs...))              // pt_regs
			put(bpWorker, words(0x1234, text+0x410)) // saved BP, return to the bottom
			m[sp0] = stack
			var r Regs
			r.IP = text + 0x10
			r.Set(SP, sp0)
			got, err := unwinder(m, g.layout, tab).Walk(r, true, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := []uint64{text + 0x10, text + 0x110, text + 0x210, text + 0x310, text + 0x410}
			if len(got) != len(want) {
				t.Fatalf("%d frames, want %d", len(got), len(want))
			}
			for i, f := range got {
				if f.Regs.IP != want[i] {
					t.Errorf("frame %d at %#x, want %#x", i, f.Regs.IP, want[i])
				}
			}
			if !got[3].Trap || got[1].Trap {
				t.Error("only the interrupted frame is a trap")
			}
			if v, ok := got[3].Regs.Get(DI); !ok || v != 0xd1 {
				t.Errorf("DI of the interrupted frame is %#x, %v", v, ok)
			}
			if v, ok := got[4].Regs.Get(BP); !ok || v != 0x1234 {
				t.Errorf("BP of the bottom is %#x, %v", v, ok)
			}
			if got[0].CFA != sp0+24 || got[3].CFA != bpWorker+16 {
				t.Errorf("CFAs %#x, %#x", got[0].CFA, got[3].CFA)
			}
		})
	}
}

// endBits: up to 6.3 an end has a bit, and its base register does not matter.
func endBits(gen string) uint16 {
	if gen == "6.4" {
		return 0
	}
	return regSP
}

func TestUserModeEndsTheStack(t *testing.T) {
	m := image{}
	tab := table(m, []row{{text, 0, 0, regSP | 3<<8}})
	regs := make([]uint64, 21)
	regs[16], regs[17] = 0x401000, 0x33
	m[stackTop-0x100] = words(regs...)
	var r Regs
	r.IP = text + 4
	r.Set(SP, stackTop-0x100)
	got, err := unwinder(m, LayoutOf(6, 12), tab).Walk(r, true, nil)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d frames, %v", len(got), err)
	}
}

func TestWalkSaysWhyItStops(t *testing.T) {
	m := image{}
	tab := table(m, []row{{text, 8, 0, regSP | 2<<8}})
	u := unwinder(m, LayoutOf(6, 12), tab)
	var r Regs
	r.IP = text + 0x20
	r.Set(SP, stackTop-8)
	got, err := u.Walk(r, false, nil)
	var missing *kmem.MissingError
	if len(got) != 1 || !errors.As(err, &missing) {
		t.Errorf("hole in the stack: %d frames, %v", len(got), err)
	}
	// A return address that leads back to the same place.
	m[stackTop-64] = words(text+0x20, text+0x20, text+0x20, text+0x20, text+0x20, text+0x20, text+0x20, 0)
	r.Set(SP, stackTop-64)
	if got, err = u.Walk(r, false, nil); err == nil || len(got) != 8 {
		t.Errorf("no kernel code: %d frames, %v", len(got), err)
	}
}

func TestNewLayoutFollowsMembers(t *testing.T) {
	old := map[string][2]uint{"sp_reg": {32, 4}, "bp_reg": {36, 4}, "type": {40, 2}, "end": {42, 1}}
	l, err := NewLayout(6, func(n string) (uint, uint, bool) { f, ok := old[n]; return f[0], f[1], ok })
	if err != nil || l != LayoutOf(5, 15) {
		t.Errorf("%+v, %v", l, err)
	}
	now := map[string][2]uint{"sp_reg": {32, 4}, "bp_reg": {36, 4}, "type": {40, 3}, "signal": {43, 1}}
	l, err = NewLayout(6, func(n string) (uint, uint, bool) { f, ok := now[n]; return f[0], f[1], ok })
	if err != nil || l != LayoutOf(6, 4) {
		t.Errorf("%+v, %v", l, err)
	}
	if _, err = NewLayout(6, func(string) (uint, uint, bool) { return 0, 0, false }); err == nil {
		t.Error("a structure without members is no layout")
	}
}

func TestGuessSkipsHoles(t *testing.T) {
	first, last := make([]byte, 512), make([]byte, 512)
	copy(first, words(text+1, 7, text+2))
	copy(last, words(text+3))
	m := image{stackTop - 0x1000: first, stackTop - 0x200: last}
	got := Guess(m, stackTop-0x1000, stackTop, func(ip uint64) bool { return ip>>16 == text>>16 })
	if len(got) != 3 || got[2].Regs.IP != text+3 {
		t.Fatalf("%d frames: %v", len(got), got)
	}
	for _, f := range got {
		if !f.Unreliable {
			t.Error("a guess is unreliable")
		}
	}
}

func FuzzWalk(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{4, 5, 6}, uint64(text), uint64(stackTop-64))
	f.Fuzz(func(t *testing.T, orc, stack []byte, ip, sp uint64) {
		m := image{}
		if len(orc) > 64 && len(stack) > 0 {
			m[ipsAt], m[entries], m[stackTop-64] = orc[:64], orc[64:], stack
		}
		tab := &Table{Low: text, High: text + 0x10000, IPs: ipsAt, Entries: entries, Len: 16}
		var r Regs
		r.IP = ip
		for n := range NumReg {
			r.Set(n, sp)
		}
		for _, g := range generations {
			got, _ := unwinder(m, g.layout, tab).Walk(r, false, nil)
			if len(got) > MaxFrames {
				t.Fatalf("%d frames", len(got))
			}
		}
	})
}
