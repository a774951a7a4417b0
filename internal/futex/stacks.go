package futex

import (
	"errors"

	"gordian/internal/futex/cfi"
	"gordian/internal/model"
)

// maxDepth bounds a stack.
const maxDepth = 64

// stacks stops the process, reads the registers of the threads that wait, and
// lets it go on before the stacks are followed: their memory does not change
// while they wait.
func (r *reader) stacks() {
	var tids []int
	for _, t := range r.proc.Threads {
		if _, ok := r.words[t.TID]; ok {
			tids = append(tids, t.TID)
		}
	}
	if len(tids) == 0 {
		return
	}
	all, err := registers(tids)
	if err != nil {
		r.note("stacks: " + err.Error())
	}
	for i := range r.proc.Threads {
		if regs, ok := all[r.proc.Threads[i].TID]; ok {
			t := &r.proc.Threads[i]
			t.Stack = r.unwind(regs, false, r.u64)
			t.sp, _ = regs.Get(cfi.RSP)
		}
	}
}

// unwind follows a stack, innermost frame first. call says that the program
// counter is a return address; read reads 8 bytes of the stack.
func (r *space) unwind(regs cfi.Regs, call bool, read func(uint64) (uint64, error)) []model.Frame {
	var out []model.Frame
	for len(out) < maxDepth {
		pc, ok := regs.Get(cfi.RIP)
		if !ok || pc == 0 {
			break
		}
		out = append(out, r.frame(pc))
		at := pc
		if call {
			at-- // the call may be the last instruction of its function
		}
		next, signal, err := r.caller(at, regs, read)
		if err != nil {
			break
		}
		if before, _ := regs.Get(cfi.RSP); !advances(before, next) {
			break
		}
		regs, call = next, !signal
	}
	return out
}

// advances: stacks grow down, so that a caller's frame is above.
func advances(before uint64, next cfi.Regs) bool {
	sp, ok := next.Get(cfi.RSP)
	return ok && sp > before
}

var errNoImage = errors.New("no unwinding table")

func (r *space) caller(pc uint64, regs cfi.Regs, read func(uint64) (uint64, error)) (cfi.Regs, bool, error) {
	m, ok := r.mappingOf(pc)
	if !ok || !m.exec {
		return cfi.Regs{}, false, errNoImage
	}
	img := r.image(m)
	if img == nil {
		return cfi.Regs{}, false, errNoImage
	}
	addr, ok := img.inFile(m, pc)
	if !ok {
		return cfi.Regs{}, false, errNoImage
	}
	next, signal, err := img.table.Caller(addr, regs, read)
	if errors.Is(err, cfi.ErrNoEntry) {
		return framePointer(regs, read)
	}
	return next, signal, err
}

// framePointer follows a frame whose code has no entry, as that of a compiler
// at run time.
func framePointer(regs cfi.Regs, read func(uint64) (uint64, error)) (cfi.Regs, bool, error) {
	bp, ok := regs.Get(cfi.RBP)
	if !ok {
		return cfi.Regs{}, false, errNoImage
	}
	var next cfi.Regs
	for reg, at := range map[int]uint64{cfi.RBP: bp, cfi.RIP: bp + 8} {
		v, err := read(at)
		if err != nil {
			return cfi.Regs{}, false, err
		}
		next.Set(reg, v)
	}
	next.Set(cfi.RSP, bp+16)
	return next, false, nil
}
