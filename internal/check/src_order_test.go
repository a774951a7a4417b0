package check

import (
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// gated puts an order under a gate lock.
func gated(o srcfact.Order, gate model.Ref) srcfact.Order {
	o.Gates = append(o.Gates, gate)
	return o
}

func reading(l srcfact.Lock, mode model.Mode) srcfact.Lock {
	l.Mode = mode
	return l
}

func nested(l srcfact.Lock, sub string) srcfact.Lock {
	l.Subclass = sub
	return l
}

func TestSourceOrders(t *testing.T) {
	a, b, c := lk("dev.lock", model.Mutex, "mutex_lock"), lk("bus_lock", model.Mutex, "mutex_lock"), lk("tx.lock", model.Mutex, "mutex_lock")
	rw := lk("map.sem", model.RWSem, "down_read")
	rl := lk("list.lock", model.RWLock, "read_lock")
	const same, linked, global, unknown = srcfact.RelSame, srcfact.RelLinked, srcfact.RelGlobal, srcfact.RelUnknown
	indirect := order("g", "b.c", 20, b, a, same)
	indirect.Indirect, indirect.Depth = 2, 3
	deep := order("g", "b.c", 20, b, a, same)
	deep.Depth = 9
	try := order("g", "b.c", 20, b, a, same)
	try.Try = true
	tests := []struct {
		name   string
		orders []srcfact.Order
		want   string // "rule function confidence" of each finding
	}{
		{"both orders", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, b, a, global)}, "lock-order-inversion f high"},
		{"one order", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, a, b, same)}, ""},
		{"three locks", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "a.c", 20, b, c, same), order("h", "a.c", 30, c, a, same)}, "lock-order-inversion f high"},
		{"objects reached from each other", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, b, a, linked)}, "lock-order-inversion f medium"},
		{"objects unknown", []srcfact.Order{order("f", "a.c", 10, a, b, unknown), order("g", "b.c", 20, b, a, same)}, "lock-order-inversion g low"},
		{"through function pointers", []srcfact.Order{order("f", "a.c", 10, a, b, same), indirect}, "lock-order-inversion f low"},
		{"far apart", []srcfact.Order{order("f", "a.c", 10, a, b, same), deep}, "lock-order-inversion f medium"},
		{"trylock", []srcfact.Order{order("f", "a.c", 10, a, b, same), try}, ""},
		{"fresh object", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, b, a, srcfact.RelFreshObj)}, ""},
		{"init code", []srcfact.Order{order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, b, a, srcfact.RelSingle)}, ""},
		{"a gate", []srcfact.Order{gated(order("f", "a.c", 10, a, b, same), "class:g"), gated(order("g", "b.c", 20, b, a, same), "class:g")}, ""},
		{"a gate on one side", []srcfact.Order{gated(order("f", "a.c", 10, a, b, same), "class:g"), order("g", "b.c", 20, b, a, same)}, "lock-order-inversion f high"},
		{"better evidence is used", []srcfact.Order{order("w", "a.c", 5, a, b, unknown), order("f", "a.c", 10, a, b, same), order("g", "b.c", 20, b, a, same)}, "lock-order-inversion f high"},
		{"readers of an rwsem", []srcfact.Order{order("f", "a.c", 10, reading(rw, model.Read), a, same), order("g", "b.c", 20, a, reading(rw, model.Read), same)}, "lock-order-inversion f high"},
		{"recursive readers", []srcfact.Order{order("f", "a.c", 10, reading(rl, model.RecursiveRead), a, same), order("g", "b.c", 20, a, reading(rl, model.RecursiveRead), same)}, ""},
		{"one class in another object", []srcfact.Order{order("f", "a.c", 10, a, a, linked)}, "recursive-lock f low"},
		{"one class in the same object", []srcfact.Order{order("f", "a.c", 10, a, a, same)}, "recursive-lock f medium"},
		{"nested with a subclass", []srcfact.Order{order("f", "a.c", 10, a, nested(a, "SINGLE_DEPTH_NESTING"), linked)}, ""},
		{"subclasses in both orders", []srcfact.Order{order("f", "a.c", 10, a, nested(a, "1"), same), order("g", "a.c", 20, nested(a, "SINGLE_DEPTH_NESTING"), a, same)}, "lock-order-inversion f high"},
		{"a nest lock", []srcfact.Order{order("f", "a.c", 10, a, nested(a, "nest"), linked)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs := Source(t.Context(), &model.Facts{}, &srcfact.Facts{Orders: tt.orders}, nil)
			var got []string
			for i := range fs {
				got = append(got, fs[i].Rule+" "+fs[i].Function+" "+string(fs[i].Confidence))
				wholeFinding(t, &fs[i])
				if len(fs[i].Path) == 0 || len(fs[i].Interleaving) < 2 || len(fs[i].Reasons) == 0 {
					t.Errorf("incomplete: %+v", fs[i])
				}
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

// TestNamesOfTwoFiles: static locks of one name are told apart by their files.
func TestNamesOfTwoFiles(t *testing.T) {
	a, b := lk("lock", model.Mutex, "mutex_lock"), lk("lock", model.Mutex, "mutex_lock")
	a.Class, b.Class = "class:drivers/a/rx.c:lock", "class:drivers/a/tx.c:lock"
	fs := Source(t.Context(), nil, &srcfact.Facts{Orders: []srcfact.Order{order("f", "a.c", 10, a, b, srcfact.RelSame), order("g", "b.c", 20, b, a, srcfact.RelSame)}}, nil)
	if len(fs) != 1 || fs[0].Title != "lock order inversion of lock (rx.c) and lock (tx.c) in f()" {
		t.Errorf("%+v", fs)
	}
}

const swapSrc = `static void f(struct dev *d)
{
	mutex_lock(&d->lock);
	mutex_lock(&bus_lock);
	mutex_unlock(&bus_lock);
	mutex_unlock(&d->lock);
}

static void g(struct dev *d)
{
	mutex_lock(&bus_lock);
	if (d)
		mutex_lock(&d->lock);
}
`

func TestSwapDiff(t *testing.T) {
	a, b := lk("dev.lock", model.Mutex, "mutex_lock"), lk("bus_lock", model.Mutex, "mutex_lock")
	a.Expr = "&d->lock"
	back := order("g", "s.c", 11, b, a, srcfact.RelGlobal)
	back.Path[1].Line = 13
	s := &srcfact.Facts{Orders: []srcfact.Order{order("f", "s.c", 3, a, b, srcfact.RelGlobal), back}}
	text := srcText{"s.c": swapSrc}
	fs := Source(t.Context(), nil, s, text)
	if len(fs) != 1 {
		t.Fatalf("%d findings", len(fs))
	}
	checkDiff(t, &fs[0], text, []string{"-\tmutex_lock(&d->lock);", "+\tmutex_lock(&bus_lock);"})
	if len(fs[0].Fix[0].Edits) != 2 || fs[0].Fix[1].Edits != nil {
		t.Errorf("fixes: %+v", fs[0].Fix[:2])
	}
}

func TestIndependent(t *testing.T) {
	tests := []struct {
		api1, api2, expr string
		want             bool
	}{
		{"mutex_lock", "mutex_lock", "&d->lock", true},
		{"mutex_lock", "mutex_lock", "&d->bus->lock", false},
		{"mutex_lock", "mutex_lock", "&tab[i]", true},
		{"mutex_lock", "mutex_lock", "lock_of(d)", false},
		{"spin_lock_irqsave", "spin_lock", "&d->lock", false},
		{"mutex_lock", "mutex_lock_interruptible", "&d->lock", false},
	}
	for _, tt := range tests {
		a, b := lk("a", model.Mutex, tt.api1), lk("b", model.Mutex, tt.api2)
		b.Expr = tt.expr
		if got := independent(&a, &b); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
