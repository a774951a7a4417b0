package truth

// slips are the modules that break a rule in one place.
func slips() []Module {
	return []Module{
		{
			Name: "ledstrip", Fixed: "ledstrip-fixed",
			About:   "sleeps with a spinlock held",
			Stock:   Expect{Findings: []Finding{{Rule: "sleep-in-atomic", Tasks: []string{"led-blink"}}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "sleep-in-atomic", Locks: []string{"led_lock"}}}, May: []string{"spinlock-corruption"}},
			Dump:    Expect{May: []string{"sleep-in-atomic"}, Blind: "nothing hangs: the kernel reports it in the log, which is in the dump too, and goes on"},
			Order:   Expect{Blind: "one lock only; sleeping is not traced"},
			Source:  Expect{Findings: []Finding{{Rule: "sleep-in-atomic", Locks: []string{"led_lock"}}}},
		},
		{
			Name: "eepromw", Fixed: "eepromw-fixed", Serial: true,
			About:   "returns from an error path with a mutex held; the thread goes on, and never takes it again",
			Stock:   Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"ee-monitor"}}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"ee-monitor", "ee-scrub"}}}, Blind: "a kernel thread may hold a lock while it sleeps: lockdep looks at the end of a system call, a work item or a task only"},
			Dump:    Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"ee-monitor", "ee-scrub"}}}},
			Order:   Expect{Blind: noWindow},
			Source:  Expect{Findings: []Finding{{Rule: "missing-unlock", Locks: []string{"eeprom.lock"}}}},
		},
	}
}
