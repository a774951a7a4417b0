package futex

import (
	"encoding/binary"
	"strings"

	"gordian/internal/model"
)

// Wait is what a thread waits for.
type Wait struct {
	Addr  uint64 // of the word that it sleeps on
	Lock  uint64 // of the lock that the word is in
	Name  string // "queue_lock", "pthread mutex 0x7f…"
	Type  model.LockType
	Mode  model.Mode
	Owner int // TID, 0 if the lock does not say
	// Stated says that the kernel's own protocol names the owner (PI and
	// robust futexes); else it is read out of the C library's lock.
	Stated bool
	How    string // what the owner was read from
	Timed  bool   // it ends by itself: pthread_mutex_timedlock() and the like
}

// Bits of the word of PI and robust futexes (include/uapi/linux/futex.h).
const (
	ownerDied = 0x40000000
	tidMask   = 0x3fffffff
)

// glibcMutex is struct __pthread_mutex_s of x86-64
// (sysdeps/nptl/bits/struct_mutex.h, sysdeps/x86/nptl/bits/struct_mutex.h,
// glibc 2.36): __lock, __count, __owner, __nusers, __kind.
const (
	mutexOwner = 8
	mutexUsers = 12
	mutexKind  = 16
	mutexSize  = 20

	mutexContended = 2     // __lock while somebody waits
	kindTypes      = 0x3   // normal, recursive, errorcheck, adaptive
	kindKnown      = 0x3ff // and robust, PI, protect, elision, shared
)

// glibcRWLock is struct __pthread_rwlock_arch_t of x86-64
// (sysdeps/x86/nptl/bits/struct_rwlock.h): a thread sleeps on __wrphase_futex
// or on __writers_futex.
const (
	rwPhase   = 8
	rwWriters = 12
	rwOwner   = 24 // __cur_writer
	rwSize    = 32
)

// owner finds the lock around the word that a thread sleeps on, and who holds
// it.
func (r *reader) owner(t *Thread) {
	at, ok := r.words[t.TID]
	if !ok {
		return
	}
	w := &Wait{Addr: at.addr, Lock: at.addr, Type: model.UserFutex, Mode: model.Write, Timed: at.timed}
	t.Wait = w
	in := waiterFunc(t.Stack)
	switch {
	case at.op == cmdLockPI || at.op == cmdLockPI2:
		r.priorityInheritance(w)
	case strings.HasPrefix(in, "pthread_rwlock_"):
		r.rwlock(w, in)
	case strings.HasPrefix(in, "pthread_cond_"):
		w.Type, w.How = model.UserCond, "a condition variable has no owner"
	case in == "pthread_mutex_lock" || in == "pthread_mutex_timedlock" || in == "pthread_mutex_clocklock" || in == "":
		r.mutex(w, in != "")
	}
	w.Name = r.lockName(w)
}

// priorityInheritance: the word is the owner's TID, by the kernel's protocol.
func (r *reader) priorityInheritance(w *Wait) {
	b, err := r.bytes(w.Addr, 4)
	if err != nil {
		return
	}
	v := binary.LittleEndian.Uint32(b)
	w.Type, w.Owner, w.Stated = model.UserMutex, int(v&tidMask), true
	w.How = "the futex word, which holds the owner's TID (FUTEX_LOCK_PI)"
	if v&ownerDied != 0 {
		w.How += ", and says that the owner died"
	}
}

// mutex reads a mutex of glibc. sure says that the stack shows
// pthread_mutex_lock(); without it the neighbours of the word must look like a
// mutex in every field.
func (r *reader) mutex(w *Wait, sure bool) {
	b, err := r.bytes(w.Addr, mutexSize)
	if err != nil {
		return
	}
	u := func(off int) uint32 { return binary.LittleEndian.Uint32(b[off:]) }
	word, owner, users, kind := u(0), int(u(mutexOwner)), u(mutexUsers), u(mutexKind)
	fits := kind&^kindKnown == 0 && users > 0 && users <= uint32(len(r.proc.Threads))+1 && (word == mutexContended || int(word&tidMask) == owner)
	if !fits || (!sure && !r.thread(owner)) {
		return
	}
	w.Type, w.Owner = model.UserMutex, owner
	w.How = "__owner of the pthread mutex"
	if int(word&tidMask) == owner && word != mutexContended {
		w.Stated, w.How = true, "the futex word of the robust mutex, which holds the owner's TID"
	}
}

// rwlock reads a read-write lock of glibc. It names its writer, and only
// counts its readers.
func (r *reader) rwlock(w *Wait, in string) {
	w.Type = model.UserRWLock
	if strings.Contains(in, "rdlock") {
		w.Mode = model.Read
	}
	for _, off := range []uint64{rwPhase, rwWriters} {
		b, err := r.bytes(w.Addr-off, rwSize)
		if err != nil {
			continue
		}
		if owner := int(binary.LittleEndian.Uint32(b[rwOwner:])); owner != 0 && r.thread(owner) {
			w.Lock, w.Owner, w.How = w.Addr-off, owner, "__cur_writer of the pthread rwlock"
			return
		}
	}
	w.How = "the rwlock is held by readers, which it only counts"
}

// waiterFunc is the function of the thread library by which a program began
// the wait: the outermost one. "" if the stack does not show it.
func waiterFunc(stack []model.Frame) string {
	name := ""
	for _, f := range stack {
		base := strings.TrimLeft(f.Func, "_")
		base, _, _ = strings.Cut(base, "@")
		if !isLibrary(f) {
			break
		}
		if strings.HasPrefix(base, "pthread_") {
			name = strings.TrimPrefix(base, "__")
		}
	}
	return name
}

// isLibrary reports whether a frame is of the C library, whose own functions
// are not what a person wants to look at.
func isLibrary(f model.Frame) bool {
	for _, lib := range []string{"libc.so", "libc-", "libpthread", "ld-linux", "ld-musl", "libc.musl"} {
		if strings.HasPrefix(f.Module, lib) {
			return true
		}
	}
	return false
}
