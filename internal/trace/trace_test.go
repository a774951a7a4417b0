package trace

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"gordian/internal/check"
	"gordian/internal/model"
)

// kallsyms of a small kernel with one module.
const kallsyms = `ffffffff81000000 T _text
ffffffff81000100 T mutex_lock
ffffffff81000200 T do_work
ffffffff81000300 t probe_dev
ffffffff81000400 T asm_sysvec_call_function
ffffffff82000000 D lock_a
ffffffff82000100 d lock_b
ffffffff82000200 b table
ffffffffc0000000 t drv_one	[drv]
ffffffffc0000100 t drv_two	[drv]
ffffffffc0001000 d drv_lock	[drv]
ffffffffc0002000 b drv_end	[drv]
`

func collector(t *testing.T) *Collector {
	t.Helper()
	s, err := ReadSymbols(strings.NewReader(kallsyms))
	if err != nil || s.Len() != 12 {
		t.Fatal(s.Len(), err)
	}
	return NewCollector(s, map[string]bool{"inode_cache": true, "kmalloc-64": true})
}

const (
	lockA = 0xffffffff82000000
	lockB = 0xffffffff82000100
	gateC = 0xffffffff82000200
	one   = 0xffffffffc0000010 // in drv_one
	two   = 0xffffffffc0000110 // in drv_two
)

func static(addr, site uint64, k Kind) Lock {
	return Lock{Addr: addr, Site: site, Class: addr, Kind: k, From: Static}
}

func made(addr, init, site uint64, k Kind) Lock {
	return Lock{Addr: addr, Site: site, Class: init, Kind: k, From: Init}
}

// take is an acquisition of the last lock under the others.
func take(c *Collector, site uint64, locks ...Lock) OrderKey {
	n := len(locks) - 1
	var key OrderKey
	for _, l := range locks[:n] {
		key.Held += l.Class*31 + uint64(l.Kind)<<48
	}
	key.To, key.Kind = locks[n].Class, uint64(locks[n].Kind)
	for _, l := range locks {
		e := &Class{Class: l.Class, From: l.From, Addr: l.Addr, Site: l.Site}
		if l.From == Init {
			e.Init, e.Name = l.Class, "&obj->lock"
		}
		c.Class(e)
	}
	c.Order(&Order{Key: key, PID: 7, Comm: "x", To: locks[n], Held: locks[:n], Stack: []uint64{0xffffffff81000105, site}})
	return key
}

func findings(t *testing.T, graphs ...*Saved) []model.Finding {
	t.Helper()
	f := &model.Facts{}
	for _, s := range graphs {
		var b bytes.Buffer
		if err := s.Write(&b); err != nil {
			t.Fatal(err)
		}
		if !Sniff(b.Bytes()[:64]) {
			t.Error("a saved graph is not recognised")
		}
		f.Inputs = append(f.Inputs, model.Input{Kind: model.InputTrace})
		if err := Read(context.Background(), &b, len(f.Inputs)-1, f); err != nil {
			t.Fatal(err)
		}
	}
	return check.Run(context.Background(), f)
}

func one1(t *testing.T, fs []model.Finding, confidence model.Confidence, title string) {
	t.Helper()
	if len(fs) != 1 || fs[0].Rule != "lock-order-inversion" || fs[0].Confidence != confidence || !strings.Contains(fs[0].Title, title) {
		t.Fatalf("want one finding of confidence %s about %s, got %+v", confidence, title, fs)
	}
}

func TestInversion(t *testing.T) {
	c := collector(t)
	a, b := static(lockA, one, Mutex), static(lockB, two, Semaphore)
	take(c, one, a, b)
	if fs := findings(t, c.Save()); len(fs) != 0 {
		t.Fatalf("one order is no inversion: %+v", fs)
	}
	k := take(c, two, b, a)
	c.SetCounts(map[OrderKey]int64{k: 12})
	fs := findings(t, c.Save())
	one1(t, fs, model.High, "lock_a and lock_b")
	if s := fs[0].Path[1].Why[0].Excerpt + fs[0].Path[0].Why[0].Excerpt; !strings.Contains(s, "12 times") {
		t.Errorf("the count is missing: %s", s)
	}
	if fs[0].Module != "drv" {
		t.Errorf("blames %q [%s]", fs[0].Function, fs[0].Module)
	}
}

func TestNoInversion(t *testing.T) {
	a, b, g := static(lockA, one, Mutex), static(lockB, two, Mutex), static(gateC, one, Mutex)
	try := a
	try.Kind |= Try
	rd := g
	rd.Kind = RWSem | Shared
	tests := map[string]func(c *Collector){
		"gate":    func(c *Collector) { take(c, one, g, a, b); take(c, two, g, b, a) },
		"trylock": func(c *Collector) { take(c, one, a, b); take(c, two, b, try) },
		"interrupt": func(c *Collector) {
			take(c, one, a, b)
			c.Order(&Order{Key: OrderKey{1, 2, 3}, To: a, Held: []Lock{b}, Stack: []uint64{two, 0xffffffff81000410}})
		},
		"handed over": func(c *Collector) { take(c, one, a, b); take(c, two, b, a); c.HandedOver(b.Class) },
	}
	for name, fill := range tests {
		c := collector(t)
		fill(c)
		if fs := findings(t, c.Save()); len(fs) != 0 {
			t.Errorf("%s: %+v", name, fs)
		}
	}
	c := collector(t)
	take(c, one, rd, a, b)
	take(c, two, rd, b, a)
	one1(t, findings(t, c.Save()), model.High, "lock_a and lock_b") // readers of a gate pass it together
}

// TestInstances: classes are in both orders; whether locks are is what decides.
func TestInstances(t *testing.T) {
	x := func(addr uint64) Lock { return made(addr, 0xffffffff81000310, one, Mutex) }
	b := made(0xffff888000000900, 0xffffffffc0000120, two, RWSem)
	c := collector(t)
	take(c, one, x(0xffff888000000100), b)
	other := b
	other.Addr = 0xffff888000000a00
	take(c, two, other, x(0xffff888000000200))
	fs := findings(t, c.Save())
	one1(t, fs, model.Medium, "&obj->lock")
	if keys := c.Behind(&fs[0]); len(keys) != 2 {
		t.Errorf("%d orders to look closer at", len(keys))
	}
	take(c, two, b, x(0xffff888000000100)) // one more sample of the second order
	one1(t, findings(t, c.Save()), model.High, "&obj->lock")
}

func TestSiblings(t *testing.T) {
	x := func(addr uint64) Lock { return made(addr, 0xffffffff81000310, one, Mutex) }
	c := collector(t)
	take(c, one, x(0xffff888000000100), x(0xffff888000000200))
	if fs := findings(t, c.Save()); len(fs) != 0 {
		t.Fatalf("siblings in one order: %+v", fs)
	}
	l, m := x(0xffff888000000200), x(0xffff888000000100)
	c.Order(&Order{Key: OrderKey{1, l.Class, 1 << 32}, To: m, Held: []Lock{l}, Stack: []uint64{0xffffffff81000105, one}})
	one1(t, findings(t, c.Save()), model.Medium, "two locks of &obj->lock")
}

// TestPlacesOfOneLock: locks that were made before the trace are known by four
// places, and are two.
func TestPlacesOfOneLock(t *testing.T) {
	old := func(addr, site uint64) Lock {
		return Lock{Addr: addr, Site: site, Class: site, Kind: Semaphore, From: Site}
	}
	const x, y = 0xffff888000000100, 0xffff888000000200
	c := collector(t)
	take(c, one, old(x, one), old(y, one+0x20))
	take(c, two, old(y, two), old(x, two+0x20))
	one1(t, findings(t, c.Save()), model.High, "semaphore taken in drv_one")
	d := collector(t)
	take(d, one, old(x, one), old(y, one+0x20))
	take(d, two, old(y+0x1000, two), old(x+0x1000, two+0x20))
	if fs := findings(t, d.Save()); len(fs) != 0 {
		t.Errorf("other locks: %+v", fs)
	}
}

// TestKeysTakeNoRoom: without lockdep a key and the variable behind it have one
// address, and either may be listed first.
func TestKeysTakeNoRoom(t *testing.T) {
	for _, text := range []string{"ffffffffc0001000 b __key.17\t[drv]\nffffffffc0001000 d state\t[drv]\n", "ffffffffc0001000 d state\t[drv]\nffffffffc0001000 b __key.17\t[drv]\nffffffffc0001000 b other\t[drv]\n"} {
		s, err := ReadSymbols(strings.NewReader(text))
		if name, _ := s.Data(0xffffffffc0001000); err != nil || name != "state" {
			t.Errorf("%q: %s, %v", text, name, err)
		}
	}
}

// TestAgain: a reader of a lock that it reads already.
func TestAgain(t *testing.T) {
	r := static(lockA, one, RWSem|Shared)
	for _, key := range []OrderKey{{1, r.Class, uint64(r.Kind) | 1<<33}, {1, r.Class, uint64(r.Kind)}} {
		c := collector(t)
		c.Class(&Class{Class: r.Class, From: Static, Addr: r.Addr})
		c.Order(&Order{Key: key, PID: 7, Comm: "x", To: r, Held: []Lock{r}, Stack: []uint64{0xffffffff81000105, one}})
		fs := findings(t, c.Save())
		if !key.Again() {
			if len(fs) != 0 {
				t.Errorf("a key without the mark: %+v", fs)
			}
			continue
		}
		if len(fs) != 1 || fs[0].Rule != "recursive-lock" || fs[0].Confidence != model.Medium || len(fs[0].Interleaving) != 3 {
			t.Errorf("%+v", fs)
		}
		if c.HandedOver(r.Class); len(findings(t, c.Save())) != 0 {
			t.Error("a lock that others release may not be held any more")
		}
	}
}

// TestWaitUnderLock: an order through work that is waited for has that rule.
func TestWaitUnderLock(t *testing.T) {
	m := static(lockA, one, Mutex)
	item := Lock{Addr: 0xffff888000000100, Site: one, Class: two, Kind: Work, From: Static}
	c := collector(t)
	take(c, one, m, Lock{Addr: item.Addr, Site: one, Class: two, Kind: Work | Wait, From: Static})
	take(c, two, item, m)
	fs := findings(t, c.Save())
	if len(fs) != 1 || fs[0].Rule != "wait-under-lock" || !strings.Contains(fs[0].Title, "is waited for in drv_one() under lock_a") {
		t.Errorf("%+v", fs)
	}
}

// TestCompletions: who completes what it then waits for itself waits for
// nobody; a task that another waits for needs its locks, as far as was seen.
func TestCompletions(t *testing.T) {
	m := static(lockA, one, Mutex)
	done := func(k Kind) Lock {
		return Lock{Addr: lockB, Site: one, Class: lockB, Kind: Completion | k, From: Static}
	}
	for _, pid := range []int{7, 8} {
		c := collector(t)
		take(c, one, m, done(Completes))
		take(c, two, m, done(Wait))
		s := c.Save()
		for i := range s.Orders {
			if s.Orders[i].To.Completes {
				s.Orders[i].PID = pid
			}
		}
		fs := findings(t, s)
		if pid == 7 && len(fs) != 0 {
			t.Errorf("a task that waits for itself: %+v", fs)
		}
		if pid == 8 && (len(fs) != 1 || fs[0].Rule != "wait-under-lock" || fs[0].Confidence != model.Medium) {
			t.Errorf("%+v", fs)
		}
	}
}

// TestMerge: two runs, each with one order, make an inversion together.
func TestMerge(t *testing.T) {
	a, b := static(lockA, one, Mutex), static(lockB, two, Mutex)
	c, d := collector(t), collector(t)
	take(c, one, a, b)
	take(d, two, b, a)
	one1(t, findings(t, c.Save(), d.Save()), model.High, "lock_a and lock_b")
}

// TestNames: what is learnt of classes whose initialiser was not seen.
func TestNames(t *testing.T) {
	c := collector(t)
	known := made(0xffff888000000100, 0xffffffff81000310, one, Mutex)
	old := Lock{Addr: 0xffff888000000500, Site: one, Class: one, Kind: Mutex, From: Site}
	take(c, two, static(lockA, two, Mutex), known)
	take(c, two, static(lockA, two, Mutex), old)
	c.Class(&Class{Class: two, From: Site, Site: two, Slab: "inode_cache", SlabOff: 0x58})
	c.Class(&Class{Class: 0xffffffffc0000150, From: Site, Site: 0xffffffffc0000150, Slab: "no such cache"})
	var names []string
	for _, k := range c.Save().Classes {
		names = append(names, k.Name)
	}
	for _, want := range []string{"&obj->lock", "lock_a", "inode_cache+0x58", " taken in drv_two+0x50"} {
		if !slices.Contains(names, want) {
			t.Errorf("no class %q in %q", want, names)
		}
	}
	if len(names) != 4 {
		t.Errorf("%d classes: %q", len(names), names)
	}
}

// TestSameBytes: the order of events does not show.
func TestSameBytes(t *testing.T) {
	a, b, g := static(lockA, one, Mutex), static(lockB, two, Mutex), static(gateC, one, Mutex)
	var out [2]bytes.Buffer
	for i := range out {
		c := collector(t)
		fill := []func(){func() { take(c, one, a, b) }, func() { take(c, two, b, a) }, func() { take(c, two, g, a, b) }}
		if i == 1 {
			slices.Reverse(fill)
		}
		for _, f := range fill {
			f()
		}
		if err := c.Save().Write(&out[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(out[0].Bytes(), out[1].Bytes()) {
		t.Errorf("%s\nand\n%s", &out[0], &out[1])
	}
}

func FuzzReadSaved(f *testing.F) {
	c := &Collector{syms: &Symbols{}, class: map[uint64]*class{}, orders: map[OrderKey]*order{}, stray: map[uint64]bool{}}
	take(c, one, static(lockA, one, Mutex), static(lockB, two, Mutex))
	var b bytes.Buffer
	if err := c.Save().Write(&b); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte(`{"schema":"gordian/trace/v1","classes":[{"name":"a"}],"orders":[{"held":[{"class":9}],"to":{"class":0}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := &model.Facts{Inputs: []model.Input{{Kind: model.InputTrace}}}
		if Read(context.Background(), bytes.NewReader(data), 0, facts) == nil {
			check.Run(context.Background(), facts)
		}
	})
}

func FuzzSymbols(f *testing.F) {
	f.Add([]byte(kallsyms), uint64(one))
	f.Fuzz(func(t *testing.T, data []byte, addr uint64) {
		s, err := ReadSymbols(bytes.NewReader(data))
		if err == nil {
			s.Frame(addr)
			s.Data(addr)
		}
	})
}
