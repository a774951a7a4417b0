package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// startTime is what a helper may take to start on a host that starves, before
// its first answer.
const startTime = 10 * time.Second

// maxLeft bounds the helpers that may be left behind: each may stay in the
// kernel until the host is rebooted.
const maxLeft = 8

// Helper reads through a helper process (Serve), for files whose read may
// never end. It is for one goroutine at a time.
type Helper struct {
	command []string
	timeout time.Duration

	cmd  *exec.Cmd
	cold bool // it has not answered yet: it may still be starting
	in   io.WriteCloser
	out  *bufio.Reader
	left int
}

// NewHelper returns Files that read through a process started by command,
// whose program calls Serve on its standard streams. A read that takes longer
// than timeout fails with ErrTimeout.
func NewHelper(timeout time.Duration, command ...string) *Helper {
	return &Helper{command: command, timeout: timeout}
}

// Read implements Files.
func (h *Helper) Read(path string, limit int) ([]byte, error) { return h.ask(opRead, path, limit) }

// List implements Files.
func (h *Helper) List(path string) ([]string, error) {
	b, err := h.ask(opList, path, MaxSize)
	if err != nil || len(b) == 0 {
		return nil, err
	}
	return strings.Split(string(b), "\n"), nil
}

// Close ends the helper.
func (h *Helper) Close() {
	if h.cmd == nil {
		return
	}
	h.in.Close() //nolint:errcheck // it is killed next
	h.abandon()
}

func (h *Helper) ask(op byte, path string, limit int) ([]byte, error) {
	if err := h.start(); err != nil {
		return nil, err
	}
	if err := writeRequest(h.in, op, path, limit); err != nil {
		h.abandon()
		return nil, fmt.Errorf("ask the helper for %s: %w", path, err)
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1) // the goroutine ends even if nobody takes the answer
	out := h.out
	go func() {
		b, err := readAnswer(out, path)
		done <- result{b, err}
	}()
	patience := h.timeout
	if h.cold {
		patience += startTime
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case r := <-done:
		var own *refused
		if r.err != nil && !errors.As(r.err, &own) {
			h.abandon()
			return nil, fmt.Errorf("read %s: the helper process ended: %w", path, r.err)
		}
		h.cold = false
		return r.data, r.err
	case <-timer.C:
		h.abandon()
		h.left++
		return nil, fmt.Errorf("read %s: %w (%v)", path, ErrTimeout, patience)
	}
}

func (h *Helper) start() error {
	switch {
	case h.cmd != nil:
		return nil
	case h.left >= maxLeft:
		return fmt.Errorf("%w: %d reads hang already, no more are tried", ErrTimeout, h.left)
	}
	cmd := exec.Command(h.command[0], h.command[1:]...)
	// Its standard error stays closed: whoever reads our streams would wait
	// for the end of a helper that holds them, too.
	cmd.Dir = "/"
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the helper: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start the helper: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the helper: %w", err)
	}
	h.cold = true
	h.cmd, h.in, h.out = cmd, in, bufio.NewReaderSize(out, 64<<10)
	return nil
}

// abandon kills the helper and does not wait for its end, which may never
// come.
func (h *Helper) abandon() {
	cmd := h.cmd
	h.cmd = nil
	_ = cmd.Process.Signal(os.Kill)
	go func() { _ = cmd.Wait() }()
}
