package engine

import (
	"fmt"
	"math/rand"
	"syscall"
	"testing"
	"time"

	"gordian/internal/model"
)

// bigWaits builds wait graphs of about n edges in the shapes that hurt.
func bigWaits(shape string, n int) *model.Facts {
	f := &model.Facts{}
	add := func(kind model.EdgeKind, from, to model.Ref, anyOf bool) {
		f.Edges = append(f.Edges, model.Edge{Kind: kind, From: from, To: to, AnyOf: anyOf, Mode: model.Write,
			Why: []model.Provenance{{Locator: "x"}}})
	}
	task := func(i int) model.Ref { return model.TaskRef("b0", 1+i, "") }
	lock := func(i int) model.Ref { return model.LockRef("b0", fmt.Sprintf("%x", i)) }
	r := rand.New(rand.NewSource(1))
	for i := range n / 2 {
		switch shape {
		case "ring": // one cycle through everything
			add(model.Waits, task(i), lock(i), false)
			add(model.HeldBy, lock(i), task((i+1)%(n/2)), false)
		case "chain": // a root at the end
			add(model.Waits, task(i), lock(i), false)
			add(model.HeldBy, lock(i), task(i+1), false)
		case "pairs": // many small deadlocks
			add(model.Waits, task(i), lock(i), false)
			add(model.HeldBy, lock(i), task(i^1), false)
		case "hub": // one lock, many readers, many waiters
			add(model.Waits, task(i), lock(0), false)
			add(model.HeldBy, lock(0), task(n+i), false)
		case "knot": // many readers that all wait for the writer
			add(model.Waits, task(i), lock(0), false)
			add(model.HeldBy, lock(0), task(i), i%2 == 0)
		case "random":
			add(model.Waits, task(r.Intn(n/8)), lock(r.Intn(n/8)), false)
			add(model.HeldBy, lock(r.Intn(n/8)), task(r.Intn(n/8)), r.Intn(4) == 0)
		}
	}
	return f
}

func waitShapes() []string { return []string{"ring", "chain", "pairs", "hub", "knot", "random"} }

func BenchmarkWaitGraph100k(b *testing.B) {
	for _, shape := range waitShapes() {
		f := bigWaits(shape, 100_000)
		b.Run(shape, func(b *testing.B) {
			for b.Loop() {
				useWaits(f)
			}
		})
	}
}

func useWaits(f *model.Facts) int {
	g := NewWaitGraph(f)
	n := len(g.Roots())
	for i, c := range g.Cycles() {
		if i < 100 {
			n += len(g.BehindCycle(c))
		}
	}
	return n
}

// bigOrders builds order graphs of n edges.
func bigOrders(shape string, n int) *model.Facts {
	f := &model.Facts{}
	class := func(i int) model.Ref { return model.ClassRef(fmt.Sprintf("c%d", i)) }
	r := rand.New(rand.NewSource(1))
	for i := range n {
		e := model.Edge{Kind: model.Before, From: class(i), To: class(i + 1), FromMode: model.Write, Mode: model.Write,
			Why: []model.Provenance{{Locator: "x"}}}
		switch shape {
		case "ring":
			e.To = class((i + 1) % n)
		case "kernel": // an order with a few inversions
			a, b := r.Intn(n/10), r.Intn(n/10)
			if i%1000 != 0 {
				a, b = min(a, b), max(a, b)+1
			}
			e.From, e.To = class(a), class(b)
		case "random":
			e.From, e.To = class(r.Intn(n/10)), class(r.Intn(n/10))
		case "gates":
			e.From, e.To = class(r.Intn(n/10)), class(r.Intn(n/10))
			e.Gate = []model.Ref{class(n + r.Intn(50)), class(n + r.Intn(50))}
		}
		f.Edges = append(f.Edges, e)
		if i%20 == 0 {
			f.Uses = append(f.Uses, model.ContextUse{Class: e.From, Context: model.Hardirq, Enabled: i%40 == 0, Mode: model.Write,
				Why: e.Why})
		}
	}
	return f
}

func orderShapes() []string { return []string{"chain", "ring", "kernel", "random", "gates"} }

func BenchmarkOrderGraph100k(b *testing.B) {
	for _, shape := range orderShapes() {
		f := bigOrders(shape, 100_000)
		b.Run(shape, func(b *testing.B) {
			for b.Loop() {
				g := NewOrderGraph(f)
				g.Cycles()
				g.IRQConflicts()
			}
		})
	}
}

func BenchmarkMachine(b *testing.B) {
	ops := parse(b, "mutex:A spin:B spin:C unspin:C unspin:B unmutex:A irqoff spin:B unspin:B irqon")
	for b.Loop() {
		m := NewMachine(Config{})
		for range 10_000 {
			for _, op := range ops {
				m.Do(op)
			}
		}
	}
}

// TestBigGraphsInTime guards against searches that are not bounded. The limit
// is far above what they need, and of CPU time: other tests run beside it.
func TestBigGraphsInTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	limit := func(name string, run func()) {
		start := usedCPU(t)
		run()
		d := usedCPU(t) - start
		t.Logf("%s: %v", name, d)
		if d > time.Minute {
			t.Errorf("%s took %v", name, d)
		}
	}
	for _, shape := range waitShapes() {
		limit("waits "+shape, func() { useWaits(bigWaits(shape, 20_000)) })
	}
	for _, shape := range orderShapes() {
		limit("orders "+shape, func() {
			g := NewOrderGraph(bigOrders(shape, 20_000))
			g.Cycles()
			g.IRQConflicts()
		})
	}
}

// usedCPU is the CPU time that this process has used so far.
func usedCPU(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano())
}
