// Package vm runs one virtual machine: QEMU as a child process that cannot
// outlive us, its two serial ports and its QMP monitor over socket pairs, so
// that no file and no socket is left anywhere.
package vm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Config says what to boot.
type Config struct {
	Kernel   string   // bzImage
	Initrd   *os.File // read once, at the start
	Append   string   // kernel command line
	CPUs     int
	MemoryMB int
	Accel    Accel
}

// Machine is a running QEMU.
type Machine struct {
	Console *os.File // the first serial port
	Channel *os.File // the second one
	QMP     *QMP

	proc   *os.Process
	stderr *tail
	gone   chan struct{} // closed when QEMU has ended
	status error         // set before gone is closed
}

const program = "qemu-system-x86_64"

// Start starts QEMU and connects to its monitor. The guest runs at once.
func Start(c Config) (*Machine, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return nil, fmt.Errorf("%s is not installed (Debian, Ubuntu: apt install qemu-system-x86; Fedora: dnf install qemu-system-x86-core)", program)
	}
	m := &Machine{stderr: &tail{}, gone: make(chan struct{})}
	pairs, err := socketPairs(3)
	if err != nil {
		return nil, err
	}
	m.Console, m.Channel = pairs[0].ours, pairs[1].ours
	cmd := exec.Command(path, c.args()...)
	cmd.Stderr = m.stderr
	cmd.ExtraFiles = []*os.File{pairs[0].theirs, pairs[1].theirs, pairs[2].theirs, c.Initrd}
	// A group of its own: Ctrl-C at the terminal is for us, and we end QEMU
	// when we are ready. And if we die in whatever way, so does QEMU.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err = m.spawn(cmd)
	for _, p := range pairs {
		p.theirs.Close() //nolint:errcheck // QEMU has its own
	}
	if err == nil {
		m.QMP, err = dialQMP(pairs[2].ours)
	}
	if err != nil {
		m.Kill()
		return nil, errors.Join(fmt.Errorf("start %s: %w", program, err), m.stderr.err())
	}
	return m, nil
}

// spawn starts the process on a thread that lives until the process has ended:
// the kernel sends the death signal when that thread dies, not the process.
func (m *Machine) spawn(cmd *exec.Cmd) error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer close(m.gone)
		err := cmd.Start()
		if err == nil {
			m.proc = cmd.Process
		}
		started <- err
		if err == nil {
			m.status = cmd.Wait()
		}
	}()
	return <-started
}

// args: file descriptors 3, 4 and 5 are the serial ports and QMP, 6 the
// initramfs.
func (c Config) args() []string {
	a := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-smp", fmt.Sprint(c.CPUs), "-m", fmt.Sprintf("%dM", c.MemoryMB),
		"-kernel", c.Kernel, "-initrd", "/dev/fd/6", "-append", c.Append,
		"-chardev", "socket,id=console,fd=3", "-serial", "chardev:console",
		"-chardev", "socket,id=channel,fd=4", "-serial", "chardev:channel",
		"-chardev", "socket,id=qmp,fd=5", "-mon", "chardev=qmp,mode=control",
		// The kernel puts the note there that tells readers of a dump where things are.
		"-device", "vmcoreinfo",
	}
	return append(a, c.Accel.args()...)
}

// Gone is closed when QEMU has ended.
func (m *Machine) Gone() <-chan struct{} { return m.gone }

// Err says why QEMU ended by itself, nil if the guest switched it off. It may
// be called when Gone is closed.
func (m *Machine) Err() error {
	if m.status == nil {
		return nil
	}
	return errors.Join(fmt.Errorf("%s: %w", program, m.status), m.stderr.err())
}

// Kill ends QEMU at once and waits until it is gone.
func (m *Machine) Kill() {
	if m.proc != nil {
		_ = m.proc.Kill() // it may have ended already
		<-m.gone
	}
	m.Console.Close() //nolint:errcheck // nobody reads any more
	m.Channel.Close() //nolint:errcheck // nobody reads any more
	if m.QMP != nil {
		m.QMP.close()
	}
}

type pair struct{ ours, theirs *os.File }

func socketPairs(n int) ([]pair, error) {
	var out []pair
	for range n {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return nil, fmt.Errorf("socket pair: %w", err)
		}
		// Non-blocking, so that a read ends when the file is closed.
		if err := unix.SetNonblock(fds[0], true); err != nil {
			return nil, fmt.Errorf("socket pair: %w", err)
		}
		out = append(out, pair{os.NewFile(uintptr(fds[0]), "vm"), os.NewFile(uintptr(fds[1]), "qemu")})
	}
	return out, nil
}

// tail keeps the first bytes of QEMU's complaints.
type tail struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if room := 4096 - t.buf.Len(); room > 0 {
		t.buf.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := strings.TrimSpace(t.buf.String()); text != "" {
		return errors.New(text)
	}
	return nil
}

// WaitGone waits up to d for the end of QEMU.
func (m *Machine) WaitGone(d time.Duration) bool {
	select {
	case <-m.gone:
		return true
	case <-time.After(d):
		return false
	}
}
