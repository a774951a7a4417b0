package lockapi

import (
	"testing"

	"gordian/internal/model"
)

func TestGFP(t *testing.T) {
	table := kernel(t)
	tests := []struct {
		expr          string
		known, blocks bool
	}{
		{"GFP_KERNEL", true, true},
		{"GFP_NOIO", true, true},
		{"GFP_ATOMIC", true, false},
		{"GFP_NOWAIT | __GFP_NOWARN", true, false},
		{"GFP_KERNEL|__GFP_ZERO", true, true},
		{"__GFP_ZERO | GFP_KERNEL", true, true},
		{"GFP_ATOMIC | GFP_DMA", true, false},
		{"GFP_KERNEL & ~__GFP_DIRECT_RECLAIM", true, false},
		{"GFP_KERNEL & ~__GFP_FS", true, true},
		{"(gfp_t)0", true, false},
		{"0", true, false},
		{"gfp", false, false},
		{"gfp | GFP_KERNEL", false, false},
		{"in_interrupt() ? GFP_ATOMIC : GFP_KERNEL", false, false},
		{"", false, false},
	}
	for _, tt := range tests {
		if known, blocks := table.GFP(tt.expr); known != tt.known || blocks != tt.blocks {
			t.Errorf("GFP(%q) = %v, %v, want %v, %v", tt.expr, known, blocks, tt.known, tt.blocks)
		}
	}
}

func TestLookups(t *testing.T) {
	table := kernel(t)
	for name, want := range map[string]model.LockType{
		"spinlock_t": model.Spinlock, "struct mutex": model.Mutex, "mutex": model.Mutex, "struct rw_semaphore": model.RWSem,
		"struct completion": model.Completion, "struct swait_queue_head": model.WaitQueue, "struct timer_list": model.Timer,
		"int": "", "struct device": "", "": "",
	} {
		if got := table.LockType(name); got != want {
			t.Errorf("LockType(%q) = %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]bool{
		"spin_lock": true, "GFP_KERNEL": true, "DEFINE_MUTEX": true, "__MUTEX_INITIALIZER": true, "kmalloc": true, "printk": false, "": false,
	} {
		if got := table.Relevant(name); got != want {
			t.Errorf("Relevant(%q) = %v", name, got)
		}
	}
	if typ, arg, ok := table.Defines("DEFINE_SPINLOCK"); typ != model.Spinlock || arg != 0 || !ok {
		t.Errorf("DEFINE_SPINLOCK: %v %v %v", typ, arg, ok)
	}
	if _, _, ok := table.Defines("MODULE_LICENSE"); ok {
		t.Error("MODULE_LICENSE defines a lock")
	}
	if g := table.Guard("spinlock_irqsave"); g == nil || g.Effects[0].IRQ != IRQFlags {
		t.Errorf("guard(spinlock_irqsave): %+v", g)
	}
	if sleeps, ok := table.Cleanup("kfree"); sleeps || !ok {
		t.Errorf("__free(kfree): %v %v", sleeps, ok)
	}
	for name, want := range map[string]string{"IS_ERR": "is-err", "lockdep_is_held": "held", "in_atomic": "in-interrupt", "x": ""} {
		if got := table.Predicate(name); got != want {
			t.Errorf("Predicate(%q) = %q, want %q", name, got, want)
		}
	}
	if table.Call("no_such_function") != nil || table.Op("net_device_ops", "no_such_field") != nil || table.Guard("no_such_guard") != nil {
		t.Error("something was found that is not there")
	}
}

// TestBlocks: who takes a lock may sleep by its type, with a few exceptions.
func TestBlocks(t *testing.T) {
	table := kernel(t)
	for name, want := range map[string]bool{
		"mutex_lock": true, "mutex_trylock": false, "down_trylock": false, "down_read": true, "spin_lock": false, "srcu_read_lock": false,
		"bit_spin_lock": false, "lock_page": true, "rcu_read_lock": false, "lock_sock": true, "bh_lock_sock": false, "console_lock": true,
	} {
		api := table.Call(name)
		if api == nil {
			t.Errorf("%s is missing", name)
			continue
		}
		if got := api.Effects[0].Blocks(); got != want {
			t.Errorf("%s: Blocks() = %v", name, got)
		}
	}
}

// TestCore pins the entries that most findings stand on.
func TestCore(t *testing.T) {
	table := kernel(t)
	one := func(name string) Effect {
		t.Helper()
		api := table.Call(name)
		if api == nil || len(api.Effects) == 0 {
			t.Errorf("%s is missing", name)
			return Effect{}
		}
		return api.Effects[0]
	}
	if e := one("spin_lock_irqsave"); e.Kind != Acquire || e.IRQ != IRQFlags || e.Flags != 1 {
		t.Errorf("spin_lock_irqsave: %+v", e)
	}
	if e := one("mutex_lock_interruptible"); e.On != IfZero || e.Try {
		t.Errorf("mutex_lock_interruptible: %+v", e)
	}
	if e := one("down_trylock"); e.On != IfZero || !e.Try {
		t.Errorf("down_trylock: %+v", e)
	}
	if e := one("del_timer_sync"); e.Kind != Wait || e.Target != TargetTimer || !e.Spin {
		t.Errorf("del_timer_sync: %+v", e)
	}
	if e := one("devm_request_threaded_irq"); e.Callback != 2 || e.Threaded != 3 || e.Context != model.Hardirq {
		t.Errorf("devm_request_threaded_irq: %+v", e)
	}
	if e := one("kmalloc"); e.Kind != Sleep || e.GFP != 1 {
		t.Errorf("kmalloc: %+v", e)
	}
	api := table.Call("wait_event_lock_irq")
	if api == nil || len(api.Effects) != 3 || api.Effects[0].Kind != Release || api.Effects[1].Kind != Wait || api.Effects[2].Kind != Acquire {
		t.Errorf("wait_event_lock_irq: %+v", api)
	}
	if op := table.Op("net_device_ops", "ndo_open"); op == nil || len(op.Holds) != 1 || op.Holds[0] != "rtnl_mutex" {
		t.Errorf("ndo_open: %+v", op)
	}
}
