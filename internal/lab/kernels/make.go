package kernels

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// typicalObjects is how many objects the lockdep kernel has: counted in a
// build of 6.1.192. For other sources it makes the progress an estimate.
const typicalObjects = 1130

// maker runs make with its output in a log.
type maker struct {
	src, build string
	log        *os.File
	progress   func(done, total int)
}

// run is one make. An error ends with what the compiler said.
func (m *maker) run(ctx context.Context, args ...string) error {
	begin, err := m.log.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.log, "$ make -C %s O=%s %s\n", m.src, m.build, strings.Join(args, " "))
	c := exec.CommandContext(ctx, "make", append([]string{"-C", m.src, "O=" + m.build}, args...)...)
	c.Env = makeEnv(os.Environ())
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the compilers with make
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	c.Stderr = m.log
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return fmt.Errorf("make: %w", err)
	}
	m.follow(out)
	if err := c.Wait(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("make %s: %w%s\nthe whole output: %s", args[len(args)-1], err, m.complaints(begin), m.log.Name())
	}
	return nil
}

// makeEnv makes equal sources give equal images: no host name, no time, and
// no variable of an outer make or of the user that changes the build.
func makeEnv(env []string) []string {
	out := []string{"LC_ALL=C", "KBUILD_BUILD_USER=gordian", "KBUILD_BUILD_HOST=lab", "KBUILD_BUILD_TIMESTAMP=Thu Jan  1 00:00:00 UTC 1970"}
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch {
		case strings.HasPrefix(name, "KBUILD_"), strings.HasPrefix(name, "LC_"), strings.HasPrefix(name, "MAKE"),
			name == "MFLAGS", name == "ARCH", name == "CROSS_COMPILE", name == "KCFLAGS", name == "LANG", name == "O", name == "M":
		default:
			out = append(out, kv)
		}
	}
	return out
}

// follow copies make's output into the log and counts objects.
func (m *maker) follow(r io.Reader) {
	done := countObjects(m.build)
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 64<<10), 1<<20)
	for s.Scan() {
		fmt.Fprintln(m.log, s.Text())
		if f := strings.Fields(s.Text()); len(f) == 2 && (f[0] == "CC" || f[0] == "AS") {
			done++
			m.progress(done, max(typicalObjects, done))
		}
	}
	_, _ = io.Copy(m.log, r) // after a line too long to scan: make must not block
}

// countObjects counts what an interrupted build has left done.
func countObjects(dir string) int {
	n := 0
	_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { // what cannot be read counts for nothing
		if err == nil && !d.IsDir() && filepath.Ext(p) == ".o" {
			n++
		}
		return nil
	})
	return n
}

// complaints returns the first lines of the log since begin that say what
// went wrong.
func (m *maker) complaints(begin int64) string {
	f, err := os.Open(m.log.Name())
	if err != nil {
		return ""
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if _, err := f.Seek(begin, io.SeekStart); err != nil {
		return ""
	}
	var out strings.Builder
	s := bufio.NewScanner(f)
	for n := 0; s.Scan() && n < 5; {
		if t := s.Text(); strings.Contains(t, "rror:") || strings.Contains(t, "*** ") || strings.Contains(t, "No space left") {
			out.WriteString("\n  " + t)
			n++
		}
	}
	return out.String()
}

// lock keeps two builds out of one directory. The lock goes with the process.
func lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close() //nolint:errcheck // nothing was written
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("another gordian is building in %s: wait for it", dir)
		}
		return nil, err
	}
	return f, nil
}

func umask() os.FileMode {
	m := syscall.Umask(0)
	syscall.Umask(m)
	return os.FileMode(m)
}
