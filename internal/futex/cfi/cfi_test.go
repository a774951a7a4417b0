package cfi

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"testing"
)

// tableOf parses a section that stands at address 0x1000.
func tableOf(section []byte) *Table {
	p := parser{data: section, addr: 0x1000, commons: map[int]*common{}}
	return &Table{entries: p.all()}
}

func record(id uint32, body ...byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, opNop)
	}
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(body)+4))
	return append(binary.LittleEndian.AppendUint32(b, id), body...)
}

// section has one function at 0x5000, 16 bytes long: push %rbp at 0,
// mov %rsp,%rbp at 1.
func section() []byte {
	cie := record(0, 1, 'z', 'R', 0, 1, 0x78, RIP, 1, encUData4, opDefCFA, RSP, 8, opOffset|RIP, 1)
	fde := record(uint32(len(cie)+4),
		0, 0x50, 0, 0, 16, 0, 0, 0, 0,
		opAdvance|1, opDefCFAOffset, 16, opOffset|RBP, 2,
		opAdvance|3, opDefCFARegister, RBP)
	return append(cie, fde...)
}

func TestCaller(t *testing.T) {
	tab := tableOf(section())
	stack := map[uint64]uint64{0x7008: 0xaaaa, 0x7000: 0xbbbb}
	read := func(a uint64) (uint64, error) {
		if v, ok := stack[a]; ok {
			return v, nil
		}
		return 0, errors.New("not mapped")
	}
	for _, c := range []struct {
		pc, sp, bp uint64
	}{{0x5000, 0x7008, 1}, {0x5001, 0x7000, 1}, {0x5004, 0x6000, 0x7000}} {
		var regs Regs
		regs.Set(RSP, c.sp)
		regs.Set(RBP, c.bp)
		regs.Set(RBX, 3)
		up, _, err := tab.Caller(c.pc, regs, read)
		if err != nil {
			t.Errorf("%#x: %v", c.pc, err)
			continue
		}
		sp, _ := up.Get(RSP)
		pc, _ := up.Get(RIP)
		bp, _ := up.Get(RBP)
		bx, known := up.Get(RBX)
		wantBP := uint64(0xbbbb)
		if c.pc == 0x5000 {
			wantBP = 1 // not pushed yet
		}
		if sp != 0x7010 || pc != 0xaaaa || bp != wantBP || bx != 3 || !known {
			t.Errorf("%#x: sp %#x pc %#x bp %#x bx %#x", c.pc, sp, pc, bp, bx)
		}
	}
	if _, _, err := tab.Caller(0x5010, Regs{}, read); !errors.Is(err, ErrNoEntry) {
		t.Errorf("past the function: %v", err)
	}
	if _, _, err := tab.Caller(0x5004, Regs{}, read); err == nil {
		t.Error("a frame whose register is not known was found")
	}
}

// The table of a real program: this one, or what started it.
func TestRealTable(t *testing.T) {
	for _, path := range []string{"/bin/sh", "/usr/bin/env", "/bin/bash"} {
		f, err := elf.Open(path)
		if err != nil || f.Machine != elf.EM_X86_64 {
			continue
		}
		tab, err := New(f)
		f.Close() //nolint:errcheck // opened for reading
		if err != nil {
			t.Fatal(err)
		}
		for i := range tab.entries {
			e := &tab.entries[i]
			if _, err := e.run(e.start + e.size - 1); err != nil {
				t.Errorf("%s: entry at %#x: %v", path, e.start, err)
			}
		}
		if len(tab.entries) < 10 {
			t.Errorf("%s: %d entries", path, len(tab.entries))
		}
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatal("no x86-64 program to read")
	}
	t.Skip("no x86-64 program to read")
}

// Any bytes give a table, and each of its entries gives rules or an error.
func FuzzTable(f *testing.F) {
	f.Add(section())
	f.Fuzz(func(_ *testing.T, b []byte) {
		tab := tableOf(b)
		for i := range tab.entries[:min(len(tab.entries), 64)] {
			e := &tab.entries[i]
			_, _ = e.run(e.start + e.size/2)
		}
	})
}
