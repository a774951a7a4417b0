package futex

import (
	"errors"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"gordian/internal/futex/cfi"
)

// registers stops each thread for a moment and reads its registers. The system
// call that a thread is in goes on as if nothing had been: the kernel restarts
// it (kernel/signal.c, ERESTART_RESTARTBLOCK).
func registers(tids []int) (map[int]cfi.Regs, error) {
	type result struct {
		regs map[int]cfi.Regs
		err  error
	}
	done := make(chan result, 1)
	go func() {
		// A tracer is a thread, not a process. It is not unlocked again: the thread
		// ends with this function, and what it still traces goes on.
		runtime.LockOSThread()
		out := map[int]cfi.Regs{}
		var errs []error
		for _, tid := range tids {
			regs, err := stopAndRead(tid)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			out[tid] = regs
		}
		done <- result{out, errors.Join(errs[:min(len(errs), 3)]...)}
	}()
	r := <-done
	return r.regs, r.err
}

// stopTime is what a thread may take to stop. One that is blocked in the
// kernel for good never does.
const stopTime = time.Second

func stopAndRead(tid int) (cfi.Regs, error) {
	if err := unix.PtraceSeize(tid); err != nil {
		return cfi.Regs{}, fmt.Errorf("ptrace thread %d: %w", tid, err)
	}
	defer unix.PtraceDetach(tid) //nolint:errcheck // it may have ended
	if err := unix.PtraceInterrupt(tid); err != nil {
		return cfi.Regs{}, fmt.Errorf("stop thread %d: %w", tid, err)
	}
	if err := waitStopped(tid); err != nil {
		return cfi.Regs{}, err
	}
	var r unix.PtraceRegs
	if err := unix.PtraceGetRegs(tid, &r); err != nil {
		return cfi.Regs{}, fmt.Errorf("read registers of thread %d: %w", tid, err)
	}
	var out cfi.Regs
	for n, v := range map[int]uint64{cfi.RBX: r.Rbx, cfi.RBP: r.Rbp, cfi.RSP: r.Rsp, cfi.R12: r.R12, 13: r.R13, 14: r.R14, 15: r.R15, cfi.RIP: r.Rip} {
		out.Set(n, v)
	}
	return out, nil
}

func waitStopped(tid int) error {
	for end := time.Now().Add(stopTime); ; time.Sleep(time.Millisecond) {
		var st unix.WaitStatus
		got, err := unix.Wait4(tid, &st, unix.WALL|unix.WNOHANG, nil)
		switch {
		case err != nil && !errors.Is(err, unix.EINTR):
			return fmt.Errorf("wait for thread %d to stop: %w", tid, err)
		case got == tid && st.Stopped():
			return nil
		case got == tid:
			return fmt.Errorf("thread %d ended", tid)
		case time.Now().After(end):
			return fmt.Errorf("thread %d does not stop: it is blocked in the kernel", tid)
		}
	}
}
