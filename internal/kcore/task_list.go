package kcore

import (
	"errors"
	"fmt"
	"time"

	"gordian/internal/kmem"
)

// Limits that only a damaged dump reaches; pid_max is at most 4 million.
const (
	maxTasks   = 4 << 20
	maxThreads = 1 << 20
)

// readTasks walks the list of processes and the threads of each.
func (s *State) readTasks() error {
	init, ok := s.K.symbol("init_task")
	if !ok {
		return errors.New("no symbol init_task")
	}
	off, ok := s.field("task_struct", "tasks")
	if !ok {
		return errors.New("the type data has no struct task_struct")
	}
	s.addTask(init)
	err := List(s.mem, init+off.Offset, maxTasks, func(node uint64) error {
		leader := node - off.Offset
		s.addTask(leader)
		return s.addThreads(leader)
	})
	if err != nil {
		s.fewer = true
		s.note("the list of tasks cannot be read to its end, so tasks are missing: " + err.Error())
	}
	if len(s.Tasks) == 0 {
		return errors.New("no task can be read")
	}
	return nil
}

// addTask reads a task once. What cannot be read is noted and left out.
func (s *State) addTask(addr uint64) *Task {
	if t := s.byAddr[addr]; t != nil {
		return t
	}
	t, err := s.readTask(addr)
	if err != nil {
		s.fewer = true
		s.note(fmt.Sprintf("the task at %#x cannot be read: %v", addr, err))
		return nil
	}
	s.byAddr[addr] = t
	s.Tasks = append(s.Tasks, t)
	return t
}

// addThreads adds the other threads of a leader (for_each_thread()).
func (s *State) addThreads(leader uint64) error {
	node, ok := s.field("task_struct", "thread_node")
	if !ok {
		return nil
	}
	sig, err := s.get(leader, "task_struct", "signal")
	if err == nil && sig == 0 {
		return nil // it is exiting
	}
	head, err2 := s.at(sig, "signal_struct", "thread_head")
	if err != nil || err2 != nil {
		s.fewer = true
		return nil
	}
	err = List(s.mem, head, maxThreads, func(n uint64) error {
		s.addTask(n - node.Offset)
		return nil
	})
	if err != nil {
		s.fewer = true
		s.note(fmt.Sprintf("threads of the task at %#x are missing: %v", leader, err))
	}
	return nil
}

// readCPUs finds what runs on each CPU: by its runqueue, which the idle tasks
// hang on too.
func (s *State) readCPUs() {
	for id := range s.K.PerCPU {
		if !s.online(id) {
			continue
		}
		c := CPU{ID: id}
		s.readCPU(&c)
		s.CPUs = append(s.CPUs, c)
	}
	s.giveRegisters()
	for _, t := range s.Tasks { // somebody has run until just now
		s.now = max(s.now, t.lastRun)
	}
	for _, t := range s.Tasks {
		if !t.Running && t.lastRun > 0 && t.lastRun <= s.now {
			t.Blocked = time.Duration(s.now - t.lastRun)
		}
	}
}

// readCPU reads a CPU's runqueue. Kernels without CONFIG_KALLSYMS_ALL do not
// name it; what runs is then found by the per-CPU pointer that modules may use
// too (current_task, from 6.2 to 6.14 pcpu_hot.current_task).
func (s *State) readCPU(c *CPU) {
	var curr uint64
	if rq, ok := s.K.OnCPU("runqueues", c.ID); ok {
		if idle, err := s.get(rq, "rq", "idle"); err == nil && idle != 0 {
			s.addTask(idle)
		}
		curr, _ = s.get(rq, "rq", "curr")
		for _, clock := range []string{"clock_task", "clock"} {
			if v, err := s.get(rq, "rq", clock); err == nil {
				c.clock = v
				s.now = max(s.now, v)
				break
			}
		}
	} else if at, ok := s.K.OnCPU("current_task", c.ID); ok {
		curr, _ = kmem.U64(s.mem, at)
	} else if at, ok := s.K.OnCPU("pcpu_hot", c.ID); ok {
		curr, _ = s.get(at, "pcpu_hot", "current_task")
	}
	if curr == 0 {
		return
	}
	if c.Curr = s.addTask(curr); c.Curr != nil {
		c.Curr.CPU, c.Curr.Running = c.ID, true
		c.Idle = c.Curr.PID == 0
	}
}

// online reports whether a CPU is in cpu_online_mask; a mask that cannot be
// read has them all.
func (s *State) online(cpu int) bool {
	mask, ok := s.K.symbol("__cpu_online_mask")
	if !ok {
		return true
	}
	v, err := kmem.U8(s.mem, mask+uint64(cpu/8))
	return err != nil || v>>(cpu%8)&1 == 1
}

// giveRegisters finds the CPU of each register set: by its per-CPU base, by
// the task that the note names, or by its place among the notes.
func (s *State) giveRegisters() {
	notes := s.K.Image.CPUs
	taken := make([]bool, len(notes))
	give := func(c *CPU, n int) {
		if !c.Known && !taken[n] {
			c.Regs, c.Known, taken[n] = notes[n], true, true
		}
	}
	for i := range s.CPUs {
		for n := range notes {
			if base := s.K.PerCPU[s.CPUs[i].ID]; base != 0 && notes[n].Base == base {
				give(&s.CPUs[i], n)
			}
		}
	}
	for i := range s.CPUs {
		for n := range notes {
			if c := &s.CPUs[i]; notes[n].Base == 0 && c.Curr != nil && c.Curr.PID != 0 && notes[n].PID == uint32(c.Curr.PID) {
				give(c, n)
			}
		}
	}
	for i := range s.CPUs {
		if id := s.CPUs[i].ID; id < len(notes) && notes[id].Base == 0 {
			give(&s.CPUs[i], id)
		}
	}
}
