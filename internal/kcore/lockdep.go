package kcore

import (
	"fmt"

	"gordian/internal/kmem"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

// heldLock is one entry of task_struct.held_locks of a lockdep kernel.
type heldLock struct {
	instance uint64 // of the lockdep_map in the lock
	class    string
	mode     model.Mode
	site     uint64 // return address of the lock function
	awaited  bool   // the task is on the list for it, and does not have it yet
}

// maxHeldLocks is several times MAX_LOCK_DEPTH (48).
const maxHeldLocks = 256

// heldLocks reads what lockdep knows a task to hold; nothing on other kernels.
// Lockdep lists a lock before the task has it, so that the last entry of a
// task that waits for a lock is that one (lock_acquire(), kernel/locking/lockdep.c).
func (s *State) heldLocks(t *Task) []heldLock {
	if !s.has("task_struct", "held_locks") {
		return nil
	}
	depth, err := s.get(t.Addr, "task_struct", "lockdep_depth")
	if err != nil || int32(depth) <= 0 || depth > maxHeldLocks {
		return nil
	}
	base, err := s.at(t.Addr, "task_struct", "held_locks")
	size, err2 := s.K.Types.Size("held_lock")
	if err != nil || err2 != nil {
		return nil
	}
	var out []heldLock
	for i := range depth {
		h, err := s.heldLock(base + i*size)
		if err != nil {
			s.note("the locks that lockdep lists for " + t.Name() + " cannot be read: " + err.Error())
			break
		}
		out = append(out, h)
	}
	if n := len(out); n > 0 && uint64(n) == depth {
		out[n-1].awaited = s.awaits(t, &out[n-1])
	}
	return out
}

func (s *State) heldLock(at uint64) (h heldLock, err error) {
	if h.instance, err = s.get(at, "held_lock", "instance"); err != nil {
		return h, err
	}
	if h.site, err = s.get(at, "held_lock", "acquire_ip"); err != nil {
		return h, err
	}
	read, err := s.get(at, "held_lock", "read")
	if err != nil {
		return h, err
	}
	h.mode = [...]model.Mode{model.Write, model.Read, model.RecursiveRead, model.RecursiveRead}[read&3]
	if idx, err := s.get(at, "held_lock", "class_idx"); err == nil {
		if classes, ok := s.K.symbol("lock_classes"); ok {
			if size, err := s.K.Types.Size("lock_class"); err == nil {
				h.class, _ = s.className(classes + idx*size)
			}
		}
	}
	if h.class == "" { // the lock itself has the name too
		if p, err := s.get(h.instance, "lockdep_map", "name"); err == nil {
			name, _ := kmem.String(s.mem, p, maxClassName)
			h.class = printable(name)
		}
	}
	return h, nil
}

// awaits reports whether a task waits for the last lock on its list.
func (s *State) awaits(t *Task, h *heldLock) bool {
	if t.Wait != nil {
		if m, ok := s.lockdepMap(t.Wait.Lock.Addr, t.Wait.Lock.Type); ok && m == h.instance {
			return true
		}
		if kstack.IsLock(t.Wait.Lock.Type) && t.Wait.Lock.Type != model.Semaphore {
			return false // it waits for a lock that lockdep does not know
		}
	}
	w := t.Class
	if !w.Known || !kstack.IsLock(w.Type) || w.Type == model.Semaphore || t.State == "R" && !w.Spinning {
		return false
	}
	return w.CallerIndex >= 0 && t.Frames[w.CallerIndex].Regs.IP == h.site
}

// className is the name that lockdep prints for a class: with the version of
// a name that several classes have, and the nesting subclass
// (__print_lock_name()).
func (s *State) className(class uint64) (string, error) {
	if n, ok := s.classes[class]; ok {
		return n, nil
	}
	p, err := s.get(class, "lock_class", "name")
	if err != nil {
		return "", err
	}
	var name string
	if p != 0 {
		if name, err = kmem.String(s.mem, p, maxClassName); err != nil {
			return "", err
		}
		if v, err := s.getInt(class, "lock_class", "name_version"); err == nil && v > 1 {
			name += fmt.Sprintf("#%d", v)
		}
		if sub, err := s.get(class, "lock_class", "subclass"); err == nil && sub != 0 {
			name += fmt.Sprintf("/%d", sub)
		}
	} else if key, err := s.get(class, "lock_class", "key"); err == nil {
		name, _, _ = s.symbolAt(key)
	}
	name = printable(name)
	if s.classes == nil {
		s.classes = map[uint64]string{}
	}
	s.classes[class] = name
	return name, nil
}

// lockdepHolders makes holders of the locks that are waited for out of what
// lockdep lists.
func (s *State) lockdepHolders() {
	waited := map[uint64]*Lock{}
	for _, l := range s.Locks {
		if m, ok := s.lockdepMap(l.Addr, l.Type); ok && len(l.Waiters) > 0 {
			waited[m] = l
		}
	}
	for _, t := range s.Tasks {
		for _, h := range s.heldLocks(t) {
			l := waited[h.instance]
			if l == nil || h.awaited || l.Gone != "" {
				continue
			}
			l.Holders = confirm(l.Holders, Holder{Task: t, Mode: h.mode, Stated: true, At: s.site(h.site - 1),
				Why: []Reason{{hex(t.Addr), "lockdep lists " + l.Name + " among the locks of " + t.Name() + ", taken at " + s.site(h.site-1).String()}}})
		}
	}
}

// confirm adds a stated holder, to what is known of it already.
func confirm(hs []Holder, h Holder) []Holder {
	for i := range hs {
		if hs[i].Task == h.Task {
			hs[i].Stated, hs[i].Unsure, hs[i].AnyOf = true, false, false
			hs[i].Why = append(hs[i].Why, h.Why...)
			if hs[i].At.Func == "" {
				hs[i].At = h.At
			}
			return hs
		}
	}
	return append(hs, h)
}

// lockdep adds what lockdep knows of all tasks: the locks that they hold,
// though nobody waits for them, and the locks of which nothing but lockdep
// says that they are waited for.
func (x *facts) lockdep() {
	for _, t := range x.s.Tasks {
		for _, h := range x.s.heldLocks(t) {
			x.listed(t, h)
		}
	}
	x.graph()
}

func (x *facts) listed(t *Task, h heldLock) {
	for l := range x.done {
		if x.lockRef(l) == model.LockRef(x.boot, fmt.Sprintf("%016x", h.instance)) {
			return // told with its waiters
		}
	}
	x.task(t)
	ref := model.LockRef(x.boot, fmt.Sprintf("%016x", h.instance))
	site := x.s.site(h.site - 1)
	why := []model.Provenance{x.why(Reason{hex(h.instance), "lockdep lists " + h.class + " among the locks of " + t.Name() + ", taken at " + site.String()}, false)}
	x.f.Locks = append(x.f.Locks, model.Lock{Ref: ref, Boot: x.boot, Addr: fmt.Sprintf("%016x", h.instance), Class: model.ClassRef(h.class), Type: x.s.siteType(h.site), Why: why[0]})
	e := model.Edge{Kind: model.HeldBy, From: ref, To: x.ref(t), Mode: h.mode, Func: kstack.Base(site.Func), Stack: []model.Frame{site}, Why: why}
	if h.awaited {
		e.Kind, e.From, e.To, e.Stack = model.Waits, e.To, e.From, t.modelStack()
	}
	x.f.Edges = append(x.f.Edges, e)
}

// siteType is the type of the lock that the call before a return address
// takes, by the name of the function that is called; "" if that is not known.
func (s *State) siteType(ip uint64) model.LockType {
	e, ok := s.code.CallBefore(ip)
	if !ok {
		return ""
	}
	return e.Type
}
