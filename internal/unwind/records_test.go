package unwind

import (
	"encoding/binary"
	"strings"
	"testing"
)

// Places in the memory of a small arm64 kernel.
const (
	aText  = 0xffff800008000000
	aStack = 0xffff80000a000000
	aRegs  = aStack + 0x1000 // a struct pt_regs
	aFuncs = 0x100           // bytes of each function
)

func aFunc(n int) uint64 { return aText + uint64(n)*aFuncs }

func insns(ws ...uint32) []byte {
	var b []byte
	for _, w := range ws {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return append(b, make([]byte, aFuncs-len(b))...)
}

// recordsOf has eight functions: the first is exception entry code, the second
// a leaf, and the others make a record.
func recordsOf(m image) *Records {
	const ordinary = 0xa9be7bfd // stp x29, x30, [sp, #-32]!
	var text []byte
	text = append(text, insns()...)
	text = append(text, insns(0xd503233f, insnHint, insnHint, insnRet)...) // paciasp
	for range 6 {
		text = append(text, insns(ordinary, insnSetFP, insnHint, 0x94000000, insnHint, 0xa8c27bfd, 0xd50323bf, insnRet)...)
	}
	m[aText] = text
	return &Records{Mem: m, InKernel: func(ip uint64) bool { return ip >= aText && ip < aFunc(8) },
		Start:  func(ip uint64) (uint64, bool) { return ip &^ (aFuncs - 1), true },
		Entry:  func(ip uint64) bool { return ip >= aText && ip < aFunc(1) },
		PtRegs: RecordRegs{Regs: 0, SP: 248, PC: 256, PState: 264, Record: 304}}
}

// armRegs is the memory of a struct pt_regs up to its frame record.
func armRegs(pc, pstate, sp uint64, x map[int]uint64) []byte {
	ws := make([]uint64, 38)
	for n, v := range x {
		ws[n] = v
	}
	ws[31], ws[32], ws[33] = sp, pc, pstate
	return words(ws...)
}

func ips(frames []Frame) []uint64 {
	var out []uint64
	for _, f := range frames {
		out = append(out, f.Regs.IP)
	}
	return out
}

func begin(ip, fp, sp, lr uint64) Regs {
	r := Regs{IP: ip}
	r.Set(X(29), fp)
	r.Set(X(30), lr)
	r.Set(SP, sp)
	return r
}

const el1 = 0x60400005

func TestRecords(t *testing.T) {
	for _, c := range []struct {
		name   string
		fill   func(m image, u *Records)
		regs   Regs
		trap   bool
		want   []uint64
		traps  int // frames that were interrupted
		errHas string
	}{
		{
			name: "calls, signed return addresses",
			fill: func(m image, u *Records) {
				u.PAC = 0x007f_0000_0000_0000
				m[aStack] = words(aStack+0x40, (aFunc(3)+16)&^0x007f_0000_0000_0000|0x0015_0000_0000_0000)
				m[aStack+0x40] = words(0, 0)
			},
			regs: begin(aFunc(2)+16, aStack, aStack-64, 0), want: []uint64{aFunc(2) + 16, aFunc(3) + 16},
		},
		{
			name: "a leaf has its caller in x30",
			fill: func(m image, _ *Records) {
				m[aStack] = words(aStack+0x40, aFunc(4)+16)
				m[aStack+0x40] = words(0, 0)
			},
			regs: begin(aFunc(1)+8, aStack, aStack, aFunc(3)+16), trap: true, traps: 1,
			want: []uint64{aFunc(1) + 8, aFunc(3) + 16, aFunc(4) + 16},
		},
		{
			name: "behind the prologue the record is the function's own, and x30 is stale",
			fill: func(m image, _ *Records) { m[aStack] = words(0, aFunc(4)+16) },
			regs: begin(aFunc(2)+16, aStack, aStack, aFunc(3)+16), trap: true, traps: 1,
			want: []uint64{aFunc(2) + 16, aFunc(4) + 16},
		},
		{
			name: "at the return it is gone",
			fill: func(m image, _ *Records) { m[aStack] = words(0, aFunc(4)+16) },
			regs: begin(aFunc(2)+24, aStack, aStack, aFunc(3)+16), trap: true, traps: 1,
			want: []uint64{aFunc(2) + 24, aFunc(3) + 16, aFunc(4) + 16},
		},
		{
			name: "in the prologue it is not there yet",
			fill: func(m image, _ *Records) { m[aStack] = words(0, aFunc(4)+16) },
			regs: begin(aFunc(2)+4, aStack, aStack-32, aFunc(3)+16), trap: true, traps: 1,
			want: []uint64{aFunc(2) + 4, aFunc(3) + 16, aFunc(4) + 16},
		},
		{
			name: "through an interrupt",
			fill: func(m image, _ *Records) {
				m[aStack] = words(aRegs+304, aFunc(0)+0x40)
				m[aRegs] = armRegs(aFunc(1)+8, el1, aRegs+0x400, map[int]uint64{29: aRegs + 0x400, 30: aFunc(5) + 16})
				m[aRegs+304] = words(aRegs+0x400, aFunc(1)+8)
				m[aRegs+0x400] = words(0, aFunc(6)+16)
			},
			regs: begin(aFunc(2)+16, aStack, aStack-64, 0), traps: 1,
			want: []uint64{aFunc(2) + 16, aFunc(0) + 0x40, aFunc(1) + 8, aFunc(5) + 16, aFunc(6) + 16},
		},
		{
			name: "the same with typed records, up to user mode",
			fill: func(m image, u *Records) {
				u.PtRegs.Typed = true
				m[aStack] = words(aRegs+304, aFunc(0)+0x40)
				m[aRegs] = armRegs(aFunc(2)+16, el1, aRegs+0x400, map[int]uint64{29: aRegs + 0x400})
				m[aRegs+304] = words(0, 0, recordPtRegs)
				m[aRegs+0x400] = words(aRegs+0x800+304, aFunc(0)+0x80)
				m[aRegs+0x800] = armRegs(0x401000, 0, 0x7ff0000000, nil)
				m[aRegs+0x800+304] = words(0, 0, recordPtRegs)
			},
			regs: begin(aFunc(3)+16, aStack, aStack-64, 0), traps: 1,
			want: []uint64{aFunc(3) + 16, aFunc(0) + 0x40, aFunc(2) + 16, aFunc(0) + 0x80},
		},
		{
			name: "a loop", fill: func(m image, _ *Records) { m[aStack] = words(aStack, aFunc(3)+16) },
			regs: begin(aFunc(2)+16, aStack, aStack-64, 0), want: []uint64{aFunc(2) + 16, aFunc(3) + 16}, errHas: "loops",
		},
		{
			name: "no code", fill: func(m image, _ *Records) { m[aStack] = words(aStack+64, 0x1234) },
			regs: begin(aFunc(2)+16, aStack, aStack-64, 0), want: []uint64{aFunc(2) + 16}, errHas: "no kernel code",
		},
		{
			name: "not in the dump", fill: func(image, *Records) {},
			regs: begin(aFunc(2)+16, aStack, aStack-64, 0), want: []uint64{aFunc(2) + 16}, errHas: "hole",
		},
		{
			name: "an odd frame pointer", fill: func(image, *Records) {},
			regs: begin(aFunc(2)+16, aStack+3, aStack-64, 0), want: []uint64{aFunc(2) + 16}, errHas: "no frame record",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := image{}
			u := recordsOf(m)
			c.fill(m, u)
			frames, err := u.Walk(c.regs, c.trap, nil)
			if (err == nil) != (c.errHas == "") || err != nil && !strings.Contains(err.Error(), c.errHas) {
				t.Errorf("error %v, want %q", err, c.errHas)
			}
			got, traps := ips(frames), 0
			for _, f := range frames {
				if f.Trap {
					traps++
				}
			}
			if len(got) != len(c.want) || traps != c.traps {
				t.Fatalf("%#x with %d traps, want %#x with %d", got, traps, c.want, c.traps)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("frame %d at %#x, want %#x", i, got[i], c.want[i])
				}
			}
		})
	}
}

// TestX: x4 and the stack pointer do not share a number.
func TestX(t *testing.T) {
	var r Regs
	for n := range 31 {
		r.Set(X(n), uint64(n)+100)
	}
	r.Set(SP, 1)
	for n := range 31 {
		if v, ok := r.Get(X(n)); !ok || v != uint64(n)+100 {
			t.Errorf("x%d is %d", n, v)
		}
	}
	if !r.Holds(104) || r.Holds(1) {
		t.Error("x4 is held, the stack pointer does not count")
	}
}
