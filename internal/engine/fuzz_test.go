package engine

import (
	"testing"

	"gordian/internal/model"
)

// FuzzGraphs builds both graphs from any bytes: nothing may panic or hang,
// and what is reported must hold by its definition.
func FuzzGraphs(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x00\x01\x02\x01\x00"))
	f.Add([]byte{0, 0, 9, 0, 1, 9, 1, 0, 0, 1, 10, 0, 1, 10, 0, 0, 2, 3, 4, 0x55, 2, 4, 3, 0xaa})
	f.Fuzz(func(t *testing.T, data []byte) {
		facts := factsOf(data)
		w := NewWaitGraph(facts)
		w.Roots()
		for _, c := range w.Cycles() {
			checkClosed(t, c.Edges)
			w.BehindCycle(c)
			for _, r := range c.Tasks {
				if !w.Stuck(r) {
					t.Errorf("%s is in a cycle and not stuck", r)
				}
			}
		}
		o := NewOrderGraph(facts)
		for _, c := range o.Cycles() {
			checkClosed(t, c.Edges)
			if !deadlocks(c.Edges) {
				t.Errorf("cycle %v cannot deadlock", c.Classes)
			}
			o.CycleThrough(c.Classes...)
		}
		for _, c := range o.IRQConflicts() {
			if !validConflict(c) {
				t.Errorf("no conflict: %+v", c)
			}
		}
	})
}

// factsOf reads four bytes for each edge or use.
func factsOf(data []byte) *model.Facts {
	kinds := []model.EdgeKind{model.Waits, model.HeldBy, model.Before, model.Before, ""}
	modes := []model.Mode{model.Write, model.Read, model.RecursiveRead, ""}
	ref := func(b byte) model.Ref {
		return []model.Ref{"task:b0:", "lock:b0:", "class:", "cpu:b0:"}[b>>3&3] + model.Ref('a'+b&7)
	}
	f := &model.Facts{}
	for ; len(data) >= 4 && len(f.Edges) < 5000; data = data[4:] {
		why := []model.Provenance{{Locator: "x", Derived: data[3]&0x80 != 0}}
		m := data[3]
		if data[0]%6 == 5 {
			f.Uses = append(f.Uses, model.ContextUse{Class: ref(data[1]), Mode: modes[m&3], Enabled: m&4 != 0,
				Context: []model.Context{model.Hardirq, model.Softirq, model.Process, ""}[m>>3&3], Why: why})
			continue
		}
		e := model.Edge{Kind: kinds[data[0]%5], From: ref(data[1]), To: ref(data[2]), FromMode: modes[m&3], Mode: modes[m>>2&3],
			Try: m&0x10 != 0, AnyOf: m&0x20 != 0, Why: why}
		if m&0x40 != 0 {
			e.Gate = []model.Ref{ref(data[0])}
		}
		f.Edges = append(f.Edges, e)
	}
	return f
}

// FuzzMachine replays any bytes as operations.
func FuzzMachine(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 2, 0, 0, 1, 2, 0, 0, 1, 1, 0, 0})
	kinds := []OpKind{Acquire, Release, Downgrade, Init, Free, IRQOff, IRQOn, BHOff, BHOn, PreemptOff, PreemptOn,
		EnterHardirq, LeaveHardirq, EnterSoftirq, LeaveSoftirq, WaitFor, Complete, Sleep, WWInit, WWDone, WWFini, WWBackoff,
		ReturnToUser, Exit, ""}
	types := []model.LockType{model.Mutex, model.Spinlock, model.RawSpinlock, model.RWLock, model.RWSem, model.Semaphore,
		model.WWMutex, model.RCU, model.LocalLock, model.Completion, ""}
	modes := []model.Mode{model.Write, model.Read, model.RecursiveRead, ""}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := NewMachine(Config{RawLockNesting: true})
		for ; len(data) >= 4; data = data[4:] {
			op := Op{Kind: kinds[int(data[0])%len(kinds)], Task: model.TaskRef("b0", 1+int(data[1]>>6), "x"),
				Class: model.ClassRef(string(rune('A' + data[1]&7))), Type: types[int(data[2])%len(types)],
				Mode: modes[data[3]&3], Try: data[3]&4 != 0, Subclass: int(data[3] >> 3 & 1), Count: int(data[3] >> 4 & 3)}
			if data[1]&8 != 0 {
				op.Instance = model.LockRef("b0", string(rune('a'+data[1]>>4&3)))
			}
			if data[3]&0x40 != 0 {
				op.WW = "lock:b0:ww"
			}
			if data[3]&0x80 != 0 {
				op.NestLock = "lock:b0:a"
			}
			m.Do(op)
		}
		facts := m.Facts()
		for _, e := range facts.Edges {
			if len(e.Why) == 0 || e.From == "" || e.To == "" {
				t.Errorf("bad edge %+v", e)
			}
		}
		o := NewOrderGraph(facts)
		o.Cycles()
		o.IRQConflicts()
	})
}
