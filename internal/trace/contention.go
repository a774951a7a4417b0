package trace

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gordian/internal/model"
)

// Buckets is how many powers of two of nanoseconds a histogram has: the last
// one is of 2 s and more.
const Buckets = 32

// SiteKey is under which the programs count waits: struct site in
// internal/bpf/src/contention.bpf.c.
type SiteKey struct {
	Lock  uint64 // 0 for a lock in allocated memory
	Flags uint32 // include/trace/events/lock.h, LCB_F_*
	Stack int32
}

// ContendedSite is one place where locks were waited for.
type ContendedSite struct {
	Key     SiteKey
	Stack   []uint64
	Sample  uint64 // address of one of the locks
	Count   int64
	Total   time.Duration
	Longest time.Duration
	Buckets [Buckets]int64
}

// Owner is a task that had a lock when another began to wait for it.
type Owner struct {
	PID   int      `json:"pid"`
	Comm  string   `json:"comm"`
	Stack []string `json:"stack,omitempty"` // what it did then, innermost first
}

// Contended is one row of a contention table.
type Contended struct {
	Lock    string         `json:"lock"` // its name, or where it is taken
	Type    model.LockType `json:"type"`
	Mode    model.Mode     `json:"mode,omitempty"`
	Caller  string         `json:"caller"` // the function that waited
	Module  string         `json:"module,omitempty"`
	Count   int64          `json:"count"`
	Total   time.Duration  `json:"total_ns"`
	Longest time.Duration  `json:"longest_ns"`
	Buckets []int64        `json:"histogram"` // count of waits from 2^i ns on
	Stack   []string       `json:"stack"`
	Owner   *Owner         `json:"owner,omitempty"` // one of those who had it
}

// Contention is what was measured over some time.
type Contention struct {
	Schema string        `json:"schema"`
	Kernel string        `json:"kernel,omitempty"`
	Took   time.Duration `json:"duration_ns"`
	Waits  []Contended   `json:"waits"`
	Lost   Losses        `json:"lost,omitempty"`
}

// ContentionSchema is the version of the JSON form.
const ContentionSchema = "gordian/contention/v1"

// NewContention makes the table: the longest waits in total come first.
func NewContention(s *Symbols, sites []ContendedSite, owners map[SiteKey]Owner) *Contention {
	c := &Contention{Schema: ContentionSchema, Waits: []Contended{}, Lost: Losses{}}
	at := map[string]int{}
	for i := range sites {
		w := newWait(s, &sites[i])
		if o, ok := owners[sites[i].Key]; ok {
			w.Owner = &o
		}
		key := w.Lock + "\x00" + string(w.Type) + string(w.Mode) + strings.Join(w.Stack, "\x00")
		if k, ok := at[key]; ok {
			c.Waits[k].join(&w)
			continue
		}
		at[key] = len(c.Waits)
		c.Waits = append(c.Waits, w)
	}
	slices.SortFunc(c.Waits, func(a, b Contended) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Lock, b.Lock), slices.Compare(a.Stack, b.Stack), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Mode, b.Mode))
	})
	return c
}

func (w *Contended) join(o *Contended) {
	w.Count += o.Count
	w.Total += o.Total
	w.Longest = max(w.Longest, o.Longest)
	for i := range w.Buckets {
		w.Buckets[i] += o.Buckets[i]
	}
	if w.Owner == nil {
		w.Owner = o.Owner
	}
}

func newWait(s *Symbols, site *ContendedSite) Contended {
	w := Contended{Count: site.Count, Total: site.Total, Longest: site.Longest, Buckets: slices.Clone(site.Buckets[:]), Stack: []string{}}
	w.Type, w.Mode = contendedType(site.Key.Flags)
	for _, a := range site.Stack {
		f := s.Frame(a)
		if len(w.Stack) == 0 && internalFrame(f) {
			continue
		}
		if w.Caller == "" {
			w.Caller, w.Module = f.Func, f.Module
		}
		w.Stack = append(w.Stack, f.String())
	}
	if w.Caller == "" {
		w.Caller = "unknown"
	}
	if name, _ := s.Data(site.Key.Lock); name != "" {
		w.Lock = name
	} else {
		w.Lock = string(w.Type) + " taken in " + w.Caller
	}
	return w
}

// contendedType reads LCB_F_SPIN … LCB_F_MUTEX (include/trace/events/lock.h).
func contendedType(flags uint32) (model.LockType, model.Mode) {
	mode := model.Write
	if flags&2 != 0 {
		mode = model.Read
	}
	switch {
	case flags&32 != 0:
		return model.Mutex, model.Write
	case flags&16 != 0:
		return model.PercpuRWSem, mode
	case flags&8 != 0:
		return model.RTMutex, model.Write
	case flags&1 != 0 && flags&6 != 0:
		return model.RWLock, mode
	case flags&1 != 0:
		return model.Spinlock, model.Write
	case flags&6 != 0:
		return model.RWSem, mode
	}
	return model.Semaphore, model.Write
}

// internalFrame reports whether a function is the lock's own, or the program.
func internalFrame(f model.Frame) bool {
	if f.Unreliable {
		return true
	}
	for _, p := range []string{"bpf_", "trace_contention", "__traceiter_contention", "__bpf_trace_contention", "mutex_lock", "__mutex_lock", "__ww_mutex_lock", "ww_mutex_lock", "down", "__down", "___down",
		"rwsem_", "percpu_down", "__percpu_down", "rt_mutex_", "__rt_mutex", "rt_spin_lock", "queued_spin_lock_slowpath", "native_queued_spin_lock", "_raw_spin_lock", "_raw_read_lock", "_raw_write_lock", "queued_read_lock", "queued_write_lock", "__pv_queued_spin"} {
		if strings.HasPrefix(f.Func, p) {
			return true
		}
	}
	return false
}
