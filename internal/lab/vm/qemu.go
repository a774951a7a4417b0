// Package vm runs one virtual machine: QEMU as a child process that cannot
// outlive us, its two serial ports and its QMP monitor over pipes and socket
// pairs, so that no file and no socket is left anywhere.
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
	Console *os.File // what the first serial port prints
	Channel *os.File // the second one
	QMP     *QMP

	keys   *os.File // what the first serial port gets
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
	pairs, err := socketPairs(2)
	if err != nil {
		return nil, err
	}
	in, out, err := consolePipes()
	if err != nil {
		return nil, err
	}
	m.Console, m.keys, m.Channel = out.ours, in.ours, pairs[0].ours
	cmd := exec.Command(path, c.args()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in.theirs, out.theirs, m.stderr
	cmd.ExtraFiles = []*os.File{pairs[0].theirs, pairs[1].theirs, c.Initrd}
	// A group of its own: Ctrl-C at the terminal is for us, and we end QEMU
	// when we are ready. And if we die in whatever way, so does QEMU.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	err = m.spawn(cmd)
	for _, p := range append(pairs, in, out) {
		p.theirs.Close() //nolint:errcheck // QEMU has its own
	}
	if err == nil {
		m.QMP, err = dialQMP(pairs[1].ours)
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

// args: standard input and output are the first serial port, file descriptors 3
// and 4 the second one and QMP, 5 the initramfs.
func (c Config) args() []string {
	a := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-smp", fmt.Sprint(c.CPUs), "-m", fmt.Sprintf("%dM", c.MemoryMB),
		"-kernel", c.Kernel, "-initrd", "/dev/fd/5", "-append", c.Append,
		"-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
		"-chardev", "socket,id=channel,fd=3", "-serial", "chardev:channel",
		"-chardev", "socket,id=qmp,fd=4", "-mon", "chardev=qmp,mode=control",
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
	m.keys.Close()    //nolint:errcheck // nobody writes any more
	m.Channel.Close() //nolint:errcheck // nobody reads any more
	if m.QMP != nil {
		m.QMP.close()
	}
}

type pair struct{ ours, theirs *os.File }

// consoleRoom is how many bytes QEMU can print before somebody reads them: as
// much as everybody may have (fs/pipe.c, pipe_max_size, 6.1).
const consoleRoom = 1 << 20

// consolePipes are what the console reads from, and what it prints to. QEMU
// writes byte by byte. The kernel waits 10 ms for each to go out, and then
// prints over it (drivers/tty/serial/8250/8250_port.c, wait_for_lsr(), 6.1): a
// console that is not read at once loses characters in the middle of reports.
// A pipe has room for a million of such writes, a socket for less than 300.
func consolePipes() (in, out pair, err error) {
	if in.theirs, in.ours, err = os.Pipe(); err == nil {
		out.ours, out.theirs, err = os.Pipe()
	}
	if err != nil {
		return in, out, fmt.Errorf("pipe: %w", err)
	}
	raw, err := out.ours.SyscallConn()
	if err == nil { // less room is good enough, most of the time
		err = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, consoleRoom) })
	}
	return in, out, err
}

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
