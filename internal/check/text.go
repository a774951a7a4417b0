package check

import (
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/kstack"
	"gordian/internal/model"
)

func itoa(n int) string { return strconv.Itoa(n) }

func lineNo(n int) string { return "line " + strconv.Itoa(n) }

// label names a task as the kernel does: comm/pid.
func label(comm string, pid int) string {
	if pid < 0 {
		return comm
	}
	return comm + "/" + strconv.Itoa(pid)
}

func headerOf(b *model.ReportBase) model.Provenance {
	return model.Provenance{Input: b.Input, Locator: lineNo(b.Line), Excerpt: b.Header}
}

// plural prints "1 task", "3 tasks".
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

// waitFunc names the function by which a stack waits, as the source calls it:
// the inner functions that stacks often end in say little.
func waitFunc(w kstack.Wait) string {
	switch {
	case w.Type == model.Completion && strings.HasPrefix(w.Func, "__"), strings.HasPrefix(w.Func, "wait_for_common"):
		return "wait_for_completion"
	case w.Type == model.Work && w.Func == "__flush_work":
		return "flush_work"
	case w.Type == model.Mutex && strings.HasPrefix(w.Func, "__mutex_lock"):
		return "mutex_lock"
	case w.Type == model.WWMutex && strings.HasPrefix(w.Func, "__ww_mutex_lock"):
		return "ww_mutex_lock"
	case w.Type == model.RTMutex && strings.Contains(w.Func, "slowlock"):
		return "rt_mutex_lock"
	case w.Type == model.RWSem && (strings.HasPrefix(w.Func, "rwsem_down_") || strings.HasPrefix(w.Func, "call_rwsem_")):
		return pick(w.Mode.Shared(), "down_read", "down_write")
	case w.Type == model.Semaphore && strings.HasPrefix(w.Func, "__down"):
		return "down"
	}
	return w.Func
}

// list joins words: "a", "a and b", "a, b and c"; beyond max it counts.
func list(words []string, max int) string {
	if len(words) > max {
		words = append(append([]string(nil), words[:max]...), strconv.Itoa(len(words)-max)+" more")
	}
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}

func uniq(words []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, w := range words {
		if w != "" && !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// typeWord is what a lock type is called in a sentence.
func typeWord(t model.LockType) string {
	switch t {
	case "":
		return "lock"
	case model.RWSem:
		return "rw-semaphore"
	case model.PercpuRWSem:
		return "per-CPU rw-semaphore"
	case model.Work:
		return "work item"
	case model.RCU:
		return "RCU grace period"
	case model.SRCU:
		return "SRCU grace period"
	case model.WaitQueue:
		return "event"
	case model.BitLock:
		return "bit lock"
	case model.IO:
		return "I/O"
	case model.LocalLock:
		return "local lock"
	case model.RawSpinlock:
		return "raw spinlock"
	case model.UserMutex:
		return "pthread mutex"
	case model.UserRWLock:
		return "pthread rwlock"
	case model.UserCond:
		return "condition variable"
	case model.UserThread:
		return "end of a thread"
	}
	return string(t)
}

// article puts "a" or "an" before a word.
func article(w string) string {
	for _, p := range []string{"rt", "rw", "RCU", "SRCU", "I/O", "e"} {
		if strings.HasPrefix(w, p) {
			return "an " + w
		}
	}
	return "a " + w
}

// call is the call that takes a lock of this type: "mutex_lock(&x)".
func call(t model.LockType, m model.Mode, name string) string {
	fn := "lock"
	switch t {
	case model.Mutex:
		fn = "mutex_lock"
	case model.WWMutex:
		fn = "ww_mutex_lock"
	case model.RTMutex:
		fn = "rt_mutex_lock"
	case model.Spinlock:
		fn = "spin_lock"
	case model.RawSpinlock:
		fn = "raw_spin_lock"
	case model.RWLock:
		fn = pick(m.Shared(), "read_lock", "write_lock")
	case model.RWSem:
		fn = pick(m.Shared(), "down_read", "down_write")
	case model.PercpuRWSem:
		fn = pick(m.Shared(), "percpu_down_read", "percpu_down_write")
	case model.Semaphore:
		fn = "down"
	case model.Work:
		fn = "flush_work"
	case model.Completion:
		fn = "wait_for_completion"
	case model.Timer:
		fn = "timer_delete_sync"
	case model.SRCU:
		fn = "synchronize_srcu"
	case model.RCU:
		return "synchronize_rcu()"
	case model.UserMutex:
		fn = "pthread_mutex_lock"
	case model.UserRWLock:
		fn = pick(m.Shared(), "pthread_rwlock_rdlock", "pthread_rwlock_wrlock")
	case model.UserThread:
		fn = "pthread_join"
	}
	return fn + "(" + name + ")"
}

func pick(cond bool, a, b string) string {
	if cond {
		return a
	}
	return b
}

// frames prints a stack for a finding, at most 48 entries.
func frames(stack []model.Frame) []string {
	var out []string
	for i, f := range stack {
		if i == 48 {
			out = append(out, "…")
			break
		}
		out = append(out, f.String())
	}
	return out
}

// at says where a function is: "fn (file:line)".
func at(f model.Frame) string {
	if f.Func == "" {
		return ""
	}
	s := f.Func
	if f.Module != "" {
		s += " [" + f.Module + "]"
	}
	if f.File != "" {
		s += " (" + f.File
		if f.Line > 0 {
			s += ":" + strconv.Itoa(f.Line)
		}
		s += ")"
	}
	return s
}

// lockLine prints a lock line as lockdep does, for an excerpt.
func lockLine(l kreport.Lock) string {
	if l.Raw != "" {
		return l.Raw
	}
	var b strings.Builder
	if l.Addr != "" {
		b.WriteString(l.Addr + " ")
	}
	b.WriteString("(" + l.Lock + ")")
	if l.Usage != "" {
		b.WriteString("{" + l.Usage + "}")
	}
	if l.WaitType != "" {
		b.WriteString("-{" + l.WaitType + "}")
	}
	if l.Func != "" {
		b.WriteString(", at: " + l.Func)
	}
	return b.String()
}

// staticName reports whether a name is that of one lock: a static variable,
// whose class has no member access, pointer or duplicate number in it.
func staticName(name string) bool {
	return name != "" && !strings.ContainsAny(name, "&>#.*()/ :[")
}
