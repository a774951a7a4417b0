package truth

import "gordian/internal/model"

// What several rows say.
const (
	lockdepNoSemaphores = "lockdep does not track semaphores: they have no owner (kernel/locking/semaphore.c has no lock_acquire())"
	noWindow            = "the orders are seen, and the locks are never wanted at once"
)

// sleeping are the modules whose tasks wait for each other's sleeping locks.
func sleeping() []Module {
	return []Module{
		{
			Name: "pumpctl", Fixed: "pumpctl-fixed", Serial: true,
			About:   "two semaphores, taken in opposite orders by two threads",
			Stock:   Expect{Findings: []Finding{hang("pump-dose", "pump-journal")}},
			Lockdep: Expect{Findings: []Finding{hang("pump-dose", "pump-journal")}, Blind: "no order is reported: " + lockdepNoSemaphores},
			Dump:    Expect{Findings: []Finding{cycle([]string{"pump-dose", "pump-journal"}, "valve_sem", "gauge_sem")}},
			Order:   Expect{Findings: []Finding{inversion("valve_sem", "gauge_sem")}},
			Source:  Expect{Findings: []Finding{inversion("valve_sem", "gauge_sem")}},
		},
		{
			Name: "tankbus", Fixed: "tankbus-fixed", Serial: true,
			About:   "two semaphores of one class, allocated, taken through helpers in opposite orders",
			Stock:   Expect{Findings: []Finding{hang("tank-fill", "tank-drain")}},
			Lockdep: Expect{Findings: []Finding{hang("tank-fill", "tank-drain")}, Blind: "no order is reported: " + lockdepNoSemaphores},
			Dump:    Expect{Findings: []Finding{cycle([]string{"tank-fill", "tank-drain"})}},
			Order:   Expect{Findings: []Finding{{Rule: "lock-order-inversion", Status: model.Potential}}},
			Source:  Expect{Findings: []Finding{inversion("tank.busy/tank_bus.inlet", "tank.busy/tank_bus.outlet")}},
		},
		{
			Name: "fanhub", Fixed: "fanhub-fixed", Serial: true,
			About:   "two mutexes of one object, taken in opposite orders by two threads",
			Stock:   Expect{Findings: []Finding{hang("fan-set", "fan-poll")}},
			Lockdep: Expect{Findings: []Finding{inversion("bus_lock", "state_lock"), cycle([]string{"fan-set", "fan-poll"}, "bus_lock", "state_lock")}},
			Dump:    Expect{Findings: []Finding{cycle([]string{"fan-set", "fan-poll"})}},
			Order:   Expect{Findings: []Finding{inversion("bus_lock", "state_lock")}},
			Source:  Expect{Findings: []Finding{inversion("fan_hub.bus_lock", "fan_hub.state_lock")}},
		},
		{
			Name: "ringmux", Fixed: "ringmux-fixed", Serial: true,
			About:   "three mutexes, each thread holds one and wants the next one's",
			Stock:   Expect{Findings: []Finding{hang("mux-receive", "mux-move", "mux-send")}},
			Lockdep: Expect{Findings: []Finding{inversion("rx_lock", "dma_lock", "tx_lock"), cycle([]string{"mux-receive", "mux-move", "mux-send"}, "rx_lock", "dma_lock", "tx_lock")}},
			Dump:    Expect{Findings: []Finding{cycle([]string{"mux-receive", "mux-move", "mux-send"}, "rx_lock", "dma_lock", "tx_lock")}},
			Order:   Expect{Findings: []Finding{inversion("rx_lock", "dma_lock", "tx_lock")}},
			Source:  Expect{Findings: []Finding{inversion("rx_lock", "dma_lock", "tx_lock")}},
		},
		{
			Name: "maptbl", Fixed: "maptbl-fixed", Serial: true,
			About:   "two rw-semaphores: each thread reads one and wants to write the other",
			Stock:   Expect{Findings: []Finding{hang("map-add", "map-drop")}},
			Lockdep: Expect{Findings: []Finding{inversion("map_sem", "region_sem"), cycle([]string{"map-add", "map-drop"}, "map_sem", "region_sem")}},
			Dump:    Expect{Findings: []Finding{cycle([]string{"map-add", "map-drop"})}},
			Order:   Expect{Findings: []Finding{inversion("map_sem", "region_sem")}},
			Source:  Expect{Findings: []Finding{inversion("map_table.map_sem", "map_table.region_sem")}},
		},
		{
			Name: "cfgtree", Fixed: "cfgtree-fixed", Serial: true,
			About:   "an rw-semaphore is read again by its reader; a writer that queues in between stops both",
			Stock:   Expect{Findings: []Finding{hang("cfg-read", "cfg-write")}},
			Lockdep: Expect{Findings: []Finding{{Rule: "recursive-lock", Status: model.Potential, Locks: []string{"cfg_sem"}}, cycle([]string{"cfg-read", "cfg-write"}, "cfg_sem")}},
			Dump:    Expect{Findings: []Finding{cycle([]string{"cfg-read", "cfg-write"}, "cfg_sem")}},
			Order:   Expect{Findings: []Finding{{Rule: "recursive-lock", Status: model.Potential, Locks: []string{"cfg_sem"}}}},
			Source:  Expect{Findings: []Finding{{Rule: "recursive-lock", Locks: []string{"cfg_sem"}}}},
		},
		{
			Name: "prioq", Fixed: "prioq-fixed", Serial: true,
			About:   "an rt-mutex and an rw-semaphore, taken in opposite orders by two threads",
			Stock:   Expect{Findings: []Finding{hang("prioq-clerk", "prioq-manager")}},
			Lockdep: Expect{Findings: []Finding{inversion("order_lock", "customer_sem"), cycle([]string{"prioq-clerk", "prioq-manager"}, "order_lock", "customer_sem")}},
			Dump:    Expect{Findings: []Finding{cycle([]string{"prioq-clerk", "prioq-manager"}, "order_lock", "customer_sem")}},
			Order:   Expect{Findings: []Finding{inversion("order_lock", "customer_sem")}},
			Source:  Expect{Findings: []Finding{inversion("order_lock", "customer_sem")}},
		},
		{
			Name: "nvcache", Fixed: "nvcache-fixed", Serial: true,
			About:   "a mutex is taken again by a helper of its holder",
			Stock:   Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"nv-store"}}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "recursive-lock", Status: model.Actual, Locks: []string{"nv.lock"}, Tasks: []string{"nv-store"}}}, May: []string{"deadlock"}},
			// The rtmutexes of PREEMPT_RT find out themselves, and say so in the log.
			Dump:   Expect{Findings: []Finding{{Rule: "recursive-lock", Status: model.Actual, Tasks: []string{"nv-store"}}}, May: []string{"deadlock"}},
			Order:  Expect{Blind: "serial=1 empties the cache first, and the path on which the lock is taken twice does not run"},
			Source: Expect{Findings: []Finding{{Rule: "recursive-lock", Locks: []string{"nv_cache.lock"}}}},
		},
	}
}

// hang is what the stacks of blocked tasks permit to say: no log of a stock
// kernel names the locks.
func hang(tasks ...string) Finding {
	return Finding{Rule: "deadlock", Status: model.Actual, Tasks: tasks}
}

func cycle(tasks []string, locks ...string) Finding {
	return Finding{Rule: "deadlock", Status: model.Actual, Locks: locks, Tasks: tasks}
}

func inversion(locks ...string) Finding {
	return Finding{Rule: "lock-order-inversion", Status: model.Potential, Locks: locks}
}
