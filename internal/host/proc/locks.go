package proc

import (
	"strconv"
	"strings"
)

// FileLock is a line of /proc/locks (fs/locks.c, lock_get_status()). These are
// locks that programs take on files, not locks of the kernel.
type FileLock struct {
	ID    int64
	Level int    // 0: granted; n: waits for the line of level n-1 before it
	Kind  string // POSIX, OFDLCK, FLOCK, LEASE, DELEG, ACCESS
	Mode  string // READ, WRITE, UNLCK
	PID   int    // -1 for OFD locks: they belong to an open file, not to a process
	Inode string // "08:01:1234"
	Range string // "0 EOF"
	Waits int    // index of the line that this one waits for, -1 if granted
}

// ParseFileLocks parses /proc/locks. Waiters stand behind what they wait for,
// as a tree drawn with "-> ".
func ParseFileLocks(b []byte) ([]FileLock, error) {
	var out []FileLock
	var chain []int // index of the last line of each level
	seen := false
	for l := range lines(b) {
		seen = seen || strings.TrimSpace(l) != ""
		f, ok := parseFileLock(l)
		if !ok || f.Level > len(chain) {
			continue
		}
		f.Waits = -1
		if f.Level > 0 {
			f.Waits = chain[f.Level-1]
		}
		chain = append(chain[:f.Level], len(out))
		out = append(out, f)
	}
	if seen && len(out) == 0 {
		return nil, notUnderstood("locks", b)
	}
	return out, nil
}

func parseFileLock(l string) (FileLock, bool) {
	id, rest, ok := strings.Cut(l, ": ")
	n, err := strconv.ParseInt(strings.TrimSpace(id), 10, 64)
	if !ok || err != nil {
		return FileLock{}, false
	}
	f := FileLock{ID: n}
	// The arrow is padded to its level plus two columns: "-> ", " -> ", …
	if before, after, ok := strings.Cut(rest, "-> "); ok && strings.TrimSpace(before) == "" {
		f.Level, rest = len(before)+1, after
	}
	w := strings.Fields(rest)
	if len(w) != 7 {
		return FileLock{}, false
	}
	f.Kind, f.Mode, f.Inode, f.Range = w[0], w[2], w[4], w[5]+" "+w[6]
	f.PID, err = strconv.Atoi(w[3])
	return f, err == nil
}
