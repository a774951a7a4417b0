package kcode

import (
	"bufio"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gordian/internal/kmem"
	"gordian/internal/model"
	"gordian/internal/unwind"
)

const (
	stack     = 0xffffc90000010000 // the CFA of the frame under test
	first     = 0xffffffff82000000 // locks that testdata/code.s names
	stateLock = 0xffffffff82000040
	obj       = 0xffff888100001000 // what a pointer points to
)

var errHole = errors.New("hole")

// image is memory made of pieces, and the functions in it.
type image struct {
	pieces map[uint64][]byte
	syms   []Symbol
	calls  map[string][]uint64 // function → return addresses of its calls of msleep
}

func (m *image) View(va uint64) ([]byte, error) {
	for at, b := range m.pieces {
		if va >= at && va-at < uint64(len(b)) {
			return b[va-at:], nil
		}
	}
	return nil, &kmem.MissingError{Addr: va, Err: errHole}
}

func (m *image) Func(addr uint64) (Symbol, bool) {
	for _, s := range m.syms {
		if s.Start <= addr && addr < s.End {
			return s, true
		}
	}
	return Symbol{}, false
}

func (m *image) word(va, v uint64) {
	m.pieces[va] = binary.LittleEndian.AppendUint64(nil, v)
}

var (
	symbolLine = regexp.MustCompile(`^([0-9a-f]{16}) <(\w+)>:`)
	codeLine   = regexp.MustCompile(`^([0-9a-f]{16}):\t((?:[0-9a-f]{2} )+|[0-9a-f]{8} )\s*(.*)`)
)

// listing reads what objdump printed of testdata/code.s.
func listing(t testing.TB) *image { return listingOf(t, "testdata/code.txt") }

func listingOf(t testing.TB, path string) *image {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	m := &image{pieces: map[uint64][]byte{}, calls: map[string][]uint64{}}
	var text []byte
	var base uint64
	for sc := bufio.NewScanner(f); sc.Scan(); {
		if s := symbolLine.FindStringSubmatch(sc.Text()); s != nil {
			at, _ := strconv.ParseUint(s[1], 16, 64)
			if n := len(m.syms); n > 0 {
				m.syms[n-1].End = at
			}
			m.syms = append(m.syms, Symbol{Name: s[2], Start: at})
			continue
		}
		s := codeLine.FindStringSubmatch(sc.Text())
		if s == nil {
			continue
		}
		at, _ := strconv.ParseUint(s[1], 16, 64)
		if base == 0 {
			base = at
		}
		b, err := hex.DecodeString(strings.ReplaceAll(s[2], " ", ""))
		if err != nil || at != base+uint64(len(text)) {
			t.Fatalf("%s: %v", sc.Text(), err)
		}
		if !strings.Contains(strings.TrimSpace(s[2]), " ") && len(b) == 4 { // a word of arm64
			slices.Reverse(b)
		}
		text = append(text, b...)
		if strings.HasSuffix(s[3], "<msleep>") || strings.HasSuffix(s[3], "<panic>") {
			fn := m.syms[len(m.syms)-1].Name
			m.calls[fn] = append(m.calls[fn], base+uint64(len(text)))
		}
	}
	m.syms[len(m.syms)-1].End = base + uint64(len(text))
	m.pieces[base] = text
	return m
}

// frame is that of a function that sleeps in its n-th call of msleep.
func (m *image) frame(t testing.TB, fn string, n int) unwind.Frame {
	t.Helper()
	if n >= len(m.calls[fn]) {
		t.Fatalf("%s has %d calls of msleep", fn, len(m.calls[fn]))
	}
	f := unwind.Frame{CFA: stack}
	f.Regs.IP = m.calls[fn][n]
	return f
}

func TestHeld(t *testing.T) {
	mutex := func(addr uint64, sure bool) []string { return []string{text(model.Mutex, addr, sure)} }
	tests := []struct {
		fn   string
		call int
		reg  unwind.Reg // holds obj now
		want []string   // locks held
		then []uint64   // locks that are released or completed later
	}{
		{"straight", 0, unwind.BX, []string{text(model.Semaphore, first, true)}, []uint64{first}},
		{"perhaps", 0, unwind.BX, mutex(obj+0x10, false), nil},
		{"outofline", 0, unwind.BX, mutex(obj+0x20, true), []uint64{obj + 0x20}},
		{"condition", 0, unwind.BP, []string{text(model.Semaphore, obj, true)}, []uint64{obj}},
		{"trial", 0, unwind.BP, mutex(obj, true), []uint64{obj}},
		{"around", 0, unwind.BX, nil, []uint64{obj + 8}},
		{"nested", 0, unwind.BX, []string{text(model.RWSem, obj, true)}, []uint64{obj, obj}},
		{"signalled", 0, unwind.BX, []string{text(model.Semaphore, obj, true)}, nil},
		{"wrapped", 0, unwind.R14, mutex(obj+0x18, true), []uint64{obj + 0x18}},
		{"pointed", 0, unwind.BX, mutex(obj+0x1040, true), []uint64{obj + 0x1040}},
		{"inlined", 0, unwind.BX, []string{text(model.Spinlock, obj, true)}, nil},
		{"inlined", 1, unwind.BX, nil, nil},
		{"spilled", 0, unwind.R15, []string{text(model.RWSem, obj, true)}, []uint64{obj}},
		{"lost", 0, unwind.R15, []string{text(model.Semaphore, first, true)}, nil},
		{"tabled", 0, unwind.BX, []string{text(model.Semaphore, obj, false)}, nil},
		{"twonames", 0, unwind.BX, []string{text(model.Semaphore, obj, false)}, nil},
	}
	m := listing(t)
	m.word(obj+0x30, obj+0x1000) // p->dev
	m.word(stack-16-0x18, obj)   // the spilled pointer: BP is CFA-16
	for _, tt := range tests {
		t.Run(tt.fn, func(t *testing.T) {
			f := m.frame(t, tt.fn, tt.call)
			f.Regs.Set(tt.reg, obj)
			s := New(m, m, elf.EM_X86_64).Stack([]unwind.Frame{f})
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
			if !slices.Equal(got, tt.want) {
				t.Errorf("holds %v, want %v", got, tt.want)
			}
			var then []uint64
			for _, e := range p.Events {
				if addr, _, ok := s.Resolve(0, e.Addr); ok {
					then = append(then, addr)
				}
			}
			if !slices.Equal(then, tt.then) {
				t.Errorf("then releases %#x, want %#x", then, tt.then)
			}
		})
	}
}

func text(typ model.LockType, addr uint64, sure bool) string {
	s := string(typ) + " " + strconv.FormatUint(addr, 16)
	if !sure {
		s += " perhaps"
	}
	return s
}

// A task that waits for its first lock goes on to complete for others.
func TestEventsOfServer(t *testing.T) {
	m := listing(t)
	server := m.syms[slices.IndexFunc(m.syms, func(s Symbol) bool { return s.Name == "server" })]
	var f unwind.Frame
	f.CFA = stack
	f.Regs.IP = server.Start + 1 + 3 + 7 + 5 // behind the call of mutex_lock
	f.Regs.Set(unwind.BX, obj)
	s := New(m, m, elf.EM_X86_64).Stack([]unwind.Frame{f})
	p := s.Point(0)
	if p == nil || len(p.Held) != 0 {
		t.Fatalf("%+v", p)
	}
	if e, ok := New(m, m, elf.EM_X86_64).Does(p.Call); !ok || e.Op != Acquire || e.Type != model.Mutex {
		t.Errorf("it is in %+v", e)
	}
	if n, how, ok := s.Resolve(0, p.Regs[unwind.DI]); !ok || n != stateLock || how != FromCode {
		t.Errorf("argument %#x, %v, %v", n, how, ok)
	}
	if len(p.Events) != 2 || p.Events[0].Op != Complete {
		t.Fatalf("%+v", p.Events)
	}
	if n, _, ok := s.Resolve(0, p.Events[0].Addr); !ok || n != obj+0x50 {
		t.Errorf("completes %#x, %v", n, ok)
	}
}

// What a function was called with stands in its caller's registers.
func TestArgumentsComeFromTheCaller(t *testing.T) {
	m := listing(t)
	inner := m.frame(t, "straight", 0)
	outer := m.frame(t, "wrapped", 0)
	outer.Regs.Set(unwind.R14, obj)
	s := New(m, m, elf.EM_X86_64).Stack([]unwind.Frame{inner, outer})
	// wrapped() calls msleep(), not straight(): what it passed is not known.
	if _, _, ok := s.Resolve(0, atEntry(unwind.DI)); ok {
		t.Error("an argument of another call")
	}
	if n, how, ok := s.Resolve(1, atEntry(unwind.DI)); !ok || n != obj || how != FromRegister {
		t.Errorf("%#x, %v, %v", n, how, ok)
	}
}

func TestRestore(t *testing.T) {
	m := listing(t)
	tests := []struct {
		fn        string
		saved     []unwind.Saved
		untouched int
		cfa       uint64 // less than stack
	}{
		{"aligned", []unwind.Saved{{Reg: unwind.BX, Off: -48}, {Reg: unwind.BP, Off: -32}}, 4, 0},
		{"aligned", []unwind.Saved{{Reg: unwind.BX, Off: -40}, {Reg: unwind.BP, Off: -24}}, 4, 8},
		{"around", []unwind.Saved{{Reg: unwind.BX, Off: -24}, {Reg: unwind.R12, Off: -16}}, 4, 0},
		{"spilled", []unwind.Saved{{Reg: unwind.BX, Off: -24}, {Reg: unwind.BP, Off: -16}}, 4, 0},
		{"wrapped", []unwind.Saved{{Reg: unwind.R14, Off: -16}}, 5, 0},
	}
	c := New(m, m, elf.EM_X86_64)
	for _, tt := range tests {
		f := m.frame(t, tt.fn, 0)
		f.CFA -= tt.cfa
		saved, untouched := c.Restore(&f)
		if !slices.Equal(saved, tt.saved) || len(untouched) != tt.untouched {
			t.Errorf("%s: saved %v, untouched %v", tt.fn, saved, untouched)
		}
	}
}

func TestStays(t *testing.T) {
	m := listing(t)
	for fn, want := range map[string]bool{"signalled": true, "around": false, "straight": false} {
		f := m.frame(t, fn, 0)
		p, err := New(m, m, elf.EM_X86_64).At(&f)
		if err != nil || p.Stays != want {
			t.Errorf("%s: %+v, %v", fn, p, err)
		}
	}
}

func TestNoWayLeadsThere(t *testing.T) {
	m := listing(t)
	f := m.frame(t, "straight", 0)
	f.Regs.IP++ // inside of an instruction
	if p, err := New(m, m, elf.EM_X86_64).At(&f); err == nil {
		t.Errorf("%+v", p)
	}
	f.Regs.IP = 0xffffffff90000000
	if _, err := New(m, m, elf.EM_X86_64).At(&f); err == nil {
		t.Error("no function is there")
	}
}

// FuzzCode gives any bytes for code: no panic, no hang, bounded work.
func FuzzCode(f *testing.F) {
	m := listing(f)
	for _, b := range m.pieces {
		f.Add(b[:min(len(b), 512)], uint16(40))
	}
	for _, b := range listingOf(f, "testdata/a64.txt").pieces {
		f.Add(b[max(0, len(b)-512):], uint16(40))
	}
	f.Add([]byte{0xeb, 0xfe, 0x74, 0xfc, 0xe8, 0, 0, 0, 0}, uint16(9))
	f.Fuzz(func(t *testing.T, code []byte, at uint16) {
		if len(code) == 0 || len(code) > 1<<16 {
			return
		}
		const base = 0xffffffff81000000
		m := &image{pieces: map[uint64][]byte{base: code}, syms: []Symbol{{"f", base, base + uint64(len(code))}, {"mutex_lock", base + 1<<20, base + 1<<20 + 16}}}
		for n := range 4 {
			fr := unwind.Frame{Trap: n&1 == 0, CFA: stack}
			fr.Regs.IP = base + uint64(at)
			c := New(m, m, [...]elf.Machine{elf.EM_X86_64, elf.EM_AARCH64}[n/2])
			s := c.Stack([]unwind.Frame{fr, fr})
			if p := s.Point(0); p != nil {
				for _, h := range p.Held {
					s.Resolve(0, h.Addr)
				}
			}
			c.Restore(&fr)
			c.Base(&fr)
		}
	})
}
