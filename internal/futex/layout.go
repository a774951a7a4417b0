package futex

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	Owner int // TID, 0 if the lock does not say or the owner is not known here
	Inner int // the owner as the lock has it: a TID of the process's namespace
	// Stated says that the kernel's own protocol names the owner (PI and
	// robust futexes); else it is read out of the C library's lock.
	Stated bool
	How    string // what the owner was read from
	Gone   bool   // the lock names an owner that there is no more
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

	mutexContended = 2   // __lock while somebody waits
	kindTypes      = 0x3 // normal, recursive, errorcheck, adaptive
	kindShared     = 0x80
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
		w.Type, w.How = model.UserCond, "nobody: a condition variable does not say who should signal it"
	case r.join(w):
		return // it names itself
	case t.sp != 0 && w.Addr > t.sp && w.Addr-t.sp < refusedFrame && !w.Timed && (in == "pthread_mutex_lock" || in == ""):
		w.Type, w.Name = model.UserMutex, "a PI mutex that the kernel refused"
		w.How = "nobody: the C library sleeps for ever, because the kernel says that the owner ended or that this thread would close a cycle (ESRCH, EDEADLK)"
		return
	case in == "pthread_mutex_lock" || in == "pthread_mutex_timedlock" || in == "pthread_mutex_clocklock" || in == "":
		r.mutex(w, in != "")
	default:
		w.How = "nobody: " + in + "() waits for an event"
	}
	w.Name = r.lockName(w)
}

// refusedFrame bounds how far up its stack a thread has the word that it
// sleeps on when a PI mutex was refused and pthread_mutex_lock() may not fail:
// glibc then delays it indefinitely (nptl/pthread_mutex_lock.c, "Delay the
// thread indefinitely").
const refusedFrame = 512

// held notes the owner that a lock names.
func (r *reader) held(w *Wait, inner int) {
	w.Inner = inner
	i := slices.IndexFunc(r.proc.Threads, func(t Thread) bool { return t.Inner == inner })
	switch {
	case i >= 0:
		w.Owner = r.proc.Threads[i].TID
	case !r.proc.Nested: // of another process; its number means the same here
		w.Owner = inner
	}
}

// gone notes an owner that ended with the lock held. A private lock can only
// have an owner in its own process.
func (r *reader) gone(w *Wait, private bool) {
	if w.Inner == 0 || r.thread(w.Inner) || (!private && r.proc.Nested) {
		return
	}
	if _, err := os.Stat(filepath.Join(procRoot, strconv.Itoa(w.Inner))); private || errors.Is(err, fs.ErrNotExist) {
		w.Gone = true
		w.How += fmt.Sprintf(": thread %d, which has ended", w.Inner)
	}
}

// joinTID is where struct pthread of x86-64 has the thread's id, behind a
// tcbhead_t of 704 bytes and a list head (nptl/descr.h; the same in all
// glibc from 2.4 to 2.41); the tcbhead_t points to itself at 0 and 16
// (sysdeps/x86_64/nptl/tls.h). The kernel clears the id, and wakes who waits for it, when
// the thread ends.
const joinTID = 720

// join recognises pthread_join(): the word is the id of the thread that is
// waited for, in that thread's descriptor.
func (r *reader) join(w *Wait) bool {
	b, err := r.bytes(w.Addr, 4)
	if err != nil || w.Addr < joinTID {
		return false
	}
	tid := int(binary.LittleEndian.Uint32(b))
	self, err1 := r.u64(w.Addr - joinTID)
	again, err2 := r.u64(w.Addr - joinTID + 16)
	if err1 != nil || err2 != nil || self != w.Addr-joinTID || again != self || !r.thread(tid) {
		return false
	}
	w.Type, w.Stated = model.UserThread, true
	r.held(w, tid)
	w.Name = fmt.Sprintf("the end of thread %d", w.Owner)
	w.How = "the word of pthread_join(), which holds the TID of the thread that is waited for"
	return true
}

// priorityInheritance: the word is the owner's TID, by the kernel's protocol.
func (r *reader) priorityInheritance(w *Wait) {
	b, err := r.bytes(w.Addr, 4)
	if err != nil {
		return
	}
	v := binary.LittleEndian.Uint32(b)
	w.Type, w.Stated = model.UserMutex, true
	w.How = "the futex word, which holds the owner's TID (FUTEX_LOCK_PI)"
	r.held(w, int(v&tidMask))
	if v&ownerDied != 0 {
		w.How += ", and says that the owner before died with it"
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
	w.Type, w.How = model.UserMutex, "__owner of the pthread mutex"
	r.held(w, owner)
	if int(word&tidMask) == owner && word != mutexContended {
		w.Stated, w.How = true, "the futex word of the robust mutex, which holds the owner's TID"
	}
	if sure {
		r.gone(w, kind&kindShared == 0)
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
			w.Lock, w.How = w.Addr-off, "__cur_writer of the pthread rwlock"
			r.held(w, owner)
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
