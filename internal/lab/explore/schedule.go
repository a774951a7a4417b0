package explore

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// Turn is one task of a schedule that hangs.
type Turn struct {
	Line  int    // of the log, from 1
	Text  string // of the line, without its prefix
	Task  string // "comm/pid"
	Holds string // the lock
	Since string // where it took it
	Takes string // the lock that it waits for
	At    string
}

var (
	beginRx = regexp.MustCompile(Helper + `: schedule of \d+ tasks:`)
	turnRx  = regexp.MustCompile(Helper + `: (.*) holds (\S+(?: \[\S+\])?) since (\S+(?: \[\S+\])?), and takes (\S+(?: \[\S+\])?) at (\S+(?: \[\S+\])?)\s*$`)
)

// Schedule reads the last schedule that the helper let go on out of a kernel log.
func Schedule(log io.Reader) ([]Turn, error) {
	var out []Turn
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for no := 1; lines.Scan(); no++ {
		if beginRx.Match(lines.Bytes()) {
			out = nil
		}
		if m := turnRx.FindStringSubmatch(lines.Text()); m != nil {
			out = append(out, Turn{no, m[0], m[1], lockName(m[2]), m[3], lockName(m[4]), m[5]})
		}
	}
	if err := lines.Err(); err != nil {
		return out, fmt.Errorf("schedule: %w", err)
	}
	return out, nil
}

// PID is the number of the task.
func (t Turn) PID() int {
	i := strings.LastIndexByte(t.Task, '/')
	pid, err := strconv.Atoi(t.Task[i+1:])
	if err != nil {
		return -1
	}
	return pid
}

// lockName is a lock as the kernel prints its address: a variable, with an
// offset where the lock is inside of it, or a number. The size of a variable
// is not known to the kernel, and what it prints for it means nothing.
func lockName(s string) string {
	name, module, _ := strings.Cut(s, " ")
	name, _, _ = strings.Cut(name, "/")
	return strings.TrimSpace(strings.TrimSuffix(name, "+0x0") + " " + module)
}
