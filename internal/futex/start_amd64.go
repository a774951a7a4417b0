package futex

import (
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Start starts a program, and holds it as soon as ready says so, which is
// asked after each of its first system calls: while the loader maps the
// libraries, before any code of the program runs. Then it calls f and lets the
// program go on, also when f fails.
func Start(c *exec.Cmd, ready func(pid int) bool, f func(pid int) error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // a tracer is a thread; this one ends with the function
		done <- startHeld(c, ready, f)
	}()
	return <-done
}

// loaderCalls bounds how long is waited for the libraries.
const loaderCalls = 2000

var errEndedEarly = errors.New("it ended before its libraries were there")

func startHeld(c *exec.Cmd, ready func(pid int) bool, f func(pid int) error) error {
	if c.SysProcAttr == nil {
		c.SysProcAttr = &syscall.SysProcAttr{}
	}
	c.SysProcAttr.Ptrace = true
	if err := c.Start(); err != nil {
		return fmt.Errorf("run the command: %w", err)
	}
	pid := c.Process.Pid
	if err := stepUntil(pid, ready); err != nil {
		_ = c.Process.Kill() // it may have ended
		_ = c.Wait()
		return fmt.Errorf("run the command: %s: %w", c.Path, err)
	}
	err := f(pid)
	if e := unix.PtraceDetach(pid); err == nil && e != nil {
		err = fmt.Errorf("let %s go: %w", c.Path, e)
	}
	return err
}

// stepUntil lets a stopped program run from system call to system call.
func stepUntil(pid int, ready func(pid int) bool) error {
	for range loaderCalls {
		var st unix.WaitStatus
		if _, err := unix.Wait4(pid, &st, unix.WALL, nil); err != nil {
			if errors.Is(err, unix.EINTR) {
				continue
			}
			return err
		}
		switch {
		case st.Exited() || st.Signaled():
			return errEndedEarly
		case ready(pid):
			return nil
		}
		if err := unix.PtraceSyscall(pid, 0); err != nil {
			return err
		}
	}
	return errors.New("it has no POSIX threads: neither in a C library nor, as a static program, of its own")
}
