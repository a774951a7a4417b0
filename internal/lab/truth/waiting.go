package truth

import "gordian/internal/model"

// waiting are the modules in which a task waits, with a lock, for something
// that needs the lock; and those whose lock will never be released.
func waiting() []Module {
	return []Module{
		{
			Name: "adcsamp", Fixed: "adcsamp-fixed",
			About:   "waits for a completion with the mutex that the completing thread needs",
			Stock:   Expect{Findings: []Finding{{Rule: "wait-under-lock", Tasks: []string{"adc-log", "adc-serve"}, Least: model.Low}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "wait-under-lock", Tasks: []string{"adc-log", "adc-serve"}}}, Blind: "no order is reported: wait_for_completion() tells lockdep nothing unless the completion is one of a work item"},
			Dump:    Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"adc-log", "adc-serve"}}}},
			Order:   Expect{Blind: "there is no harmless run: whoever asks for a sample waits for ever"},
			Source:  Expect{Findings: []Finding{{Rule: "wait-under-lock", Locks: []string{"adc.state_lock"}}}},
		},
		{
			Name: "fwload", Fixed: "fwload-fixed", Serial: true,
			About:   "flush_work() with the mutex that the work item needs",
			Stock:   Expect{Findings: []Finding{{Rule: "wait-under-lock", Tasks: []string{"fw-reload", "kworker/*"}}}},
			Lockdep: Expect{Findings: []Finding{inversion("fw.lock", "fw.parse"), {Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"fw-reload", "kworker/*"}}}},
			Dump:    Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"fw-reload", "kworker/*"}}}},
			Order:   Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Potential}}},
			Source:  Expect{Findings: []Finding{{Rule: "wait-under-lock", Locks: []string{"fw_loader.lock"}}}},
		},
		{
			Name: "polldev", Fixed: "polldev-fixed", Serial: true,
			About:   "cancel_delayed_work_sync() with the mutex that the work item needs",
			Stock:   Expect{Findings: []Finding{{Rule: "wait-under-lock", Tasks: []string{"poll-tune", "kworker/*"}}}},
			Lockdep: Expect{Findings: []Finding{inversion("pd.lock", "pd.poll"), {Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"poll-tune", "kworker/*"}}}},
			Dump:    Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Actual, Tasks: []string{"poll-tune", "kworker/*"}}}},
			Order:   Expect{Findings: []Finding{{Rule: "wait-under-lock", Status: model.Potential}}},
			Source:  Expect{Findings: []Finding{{Rule: "wait-under-lock", Locks: []string{"poll_dev.lock"}}}},
		},
		{
			Name: "drainbuf", Fixed: "drainbuf-fixed", Serial: true,
			About:   "waits, with a mutex, for an event that does not come",
			Stock:   Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"out-feed"}}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"out-feed", "out-tune"}}}, Blind: "the order is right; only that the holder sleeps is wrong"},
			Dump:    Expect{Findings: []Finding{{Rule: "hung-task", Status: model.Actual, Tasks: []string{"out-feed", "out-tune"}}}},
			Order:   Expect{Blind: "one lock, and a wait that the traced functions do not see"},
			Source:  Expect{Blind: "the wake-up is there and needs no lock; that the line stands still is not in the source"},
		},
		{
			Name: "logship", Fixed: "logship-fixed", Serial: true,
			About:   "a thread ends with a mutex held",
			Stock:   Expect{Findings: []Finding{{Rule: "hung-task", Tasks: []string{"ship-trim"}}}},
			Lockdep: Expect{Findings: []Finding{{Rule: "missing-unlock", Locks: []string{"ship->lock"}, Tasks: []string{"ship-send"}}}, May: []string{"orphaned-lock"}},
			Dump:    Expect{Findings: []Finding{{Rule: "orphaned-lock", Status: model.Actual, Tasks: []string{"ship-trim"}}}},
			Order:   Expect{Blind: noWindow},
			Source:  Expect{Findings: []Finding{{Rule: "missing-unlock", Locks: []string{"shipper.lock"}}}},
		},
	}
}
