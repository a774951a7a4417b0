package kcore

import "gordian/internal/model"

// LockAt returns what is known of the lock at an address: those that somebody
// waits for, and, when typ is given, the lock of that type that lies there
// whether or not anybody waits.
func (s *State) LockAt(addr uint64, typ model.LockType) []*Lock {
	var out []*Lock
	for _, l := range s.Locks {
		if l.Addr == addr && (typ == "" || l.Type == typ) {
			out = append(out, l)
		}
	}
	if len(out) == 0 && typ != "" {
		out = append(out, s.lock(addr, typ))
	}
	return out
}

// Holds lists what a task holds, among the locks that somebody waits for.
func (s *State) Holds(t *Task) []*Lock {
	var out []*Lock
	for _, l := range s.Locks {
		for _, h := range l.Holders {
			if h.Task == t {
				out = append(out, l)
				break
			}
		}
	}
	return out
}
