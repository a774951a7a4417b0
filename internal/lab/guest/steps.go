package guest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"gordian/internal/lab/proto"
)

// maxRead bounds what a Read step sends.
const maxRead = 4 << 20

// runSteps runs one step after the other and says why the run ended early.
func runSteps(ch *channel, p *pulse, steps []proto.Step) string {
	for i, s := range steps {
		ch.send(proto.Event{Kind: proto.Begin, Step: i})
		text, err := runStep(ch, p, i, s)
		e := proto.Event{Kind: proto.End, Step: i, Text: text}
		if err != nil {
			e.Error = err.Error()
		}
		ch.send(e)
		if err != nil && !s.MayFail {
			return e.Error
		}
	}
	return ""
}

func runStep(ch *channel, p *pulse, i int, s proto.Step) (string, error) {
	switch s.Op {
	case proto.Load:
		return runRole("insmod", append([]string{s.Path}, s.Args...))
	case proto.Unload:
		return runRole("rmmod", []string{s.Path})
	case proto.Snapshot:
		return runRole("snapshot", nil)
	case proto.Stress:
		return runRole("stress", []string{s.Data})
	case proto.Probe:
		return runRole("probe", []string{s.Path})
	case proto.Exec:
		return "", runProgram(ch, i, s.Args)
	case proto.Write:
		return "", os.WriteFile(s.Path, []byte(s.Data), 0o644)
	case proto.Read:
		return readText(s.Path)
	case proto.Watch:
		p.watch(s.For)
		return "", nil
	}
	return "", fmt.Errorf("unknown step %q", s.Op)
}

// runRole runs gordian itself under another name; what it prints is the
// result, or the error.
func runRole(role string, args []string) (string, error) {
	c := exec.Command("/sbin/"+role, args...)
	c.Env = append(os.Environ(), roleEnv+"=1")
	out, err := c.CombinedOutput()
	text := strings.TrimSpace(string(out))
	switch {
	case err == nil:
		return text, nil
	case text != "":
		return "", errors.New(text)
	}
	return "", fmt.Errorf("%s %s: %w", role, strings.Join(args, " "), err)
}

func runProgram(ch *channel, i int, args []string) error {
	if len(args) == 0 {
		return errors.New("exec: no program")
	}
	c := exec.Command(args[0], args[1:]...)
	out := &lines{send: func(s string) { ch.send(proto.Event{Kind: proto.Output, Step: i, Text: s}) }}
	c.Stdout, c.Stderr, c.Dir = out, out, "/tmp"
	c.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb"}
	c.WaitDelay = time.Second // a daemon that it left behind keeps the pipe open
	err := c.Run()
	out.flush()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	return nil
}

func readText(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	var b bytes.Buffer
	// Files in /proc and /sys say 0 for their size: read to the end.
	if _, err := b.ReadFrom(&limited{f, maxRead}); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return b.String(), nil
}

// limited fails, and does not end, when more than left bytes come.
type limited struct {
	f    *os.File
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.f.Read(p)
	if l.left -= n; l.left < 0 {
		return 0, fmt.Errorf("more than %d bytes", maxRead)
	}
	return n, err
}

// lines cuts a program's output into lines.
type lines struct {
	buf  []byte
	send func(string)
}

// maxLine bounds one Output event.
const maxLine = 2048

func (l *lines) Write(p []byte) (int, error) {
	l.buf = append(l.buf, p...)
	for {
		i := bytes.IndexByte(l.buf, '\n')
		if i < 0 && len(l.buf) < maxLine {
			return len(p), nil
		}
		if i < 0 || i > maxLine {
			i = maxLine - 1
		}
		l.send(strings.TrimSuffix(string(l.buf[:i+1]), "\n"))
		l.buf = l.buf[i+1:]
	}
}

func (l *lines) flush() {
	if len(l.buf) > 0 {
		l.send(string(l.buf))
		l.buf = nil
	}
}
