package guest

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// snapshotPath holds the files and kernel threads from before the module, one
// per line; it is in memory.
const snapshotPath = "/run/gordian-before"

// places are where a module's files appear, and how deep to look.
func places() map[string]int {
	return map[string]int{"/dev": 4, "/proc": 4, "/sys/kernel/debug": 6, "/sys/devices/virtual": 6, "/sys/devices/platform": 5, "/sys/kernel": 3}
}

type snapshot struct {
	files map[string]bool
	tasks map[int]bool
}

// takeSnapshot is a role: it writes down what there is.
func takeSnapshot([]string) error {
	s := look()
	var b strings.Builder
	for f := range s.files {
		b.WriteString(f + "\n")
	}
	for t := range s.tasks {
		b.WriteString(strconv.Itoa(t) + "\n")
	}
	return os.WriteFile(snapshotPath, []byte(b.String()), 0o600)
}

func readSnapshot() (snapshot, error) {
	s := snapshot{files: map[string]bool{}, tasks: map[int]bool{}}
	b, err := os.ReadFile(snapshotPath)
	for _, line := range nonEmpty(string(b)) {
		if n, err := strconv.Atoi(line); err == nil {
			s.tasks[n] = true
		} else {
			s.files[line] = true
		}
	}
	return s, err
}

func look() snapshot {
	s := snapshot{files: map[string]bool{}, tasks: map[int]bool{}}
	for dir, depth := range places() {
		_ = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error { // what cannot be read is left out
			return s.visit(dir, depth, p, d, err)
		})
	}
	for _, tid := range kernelThreads() {
		s.tasks[tid] = true
	}
	return s
}

func (s snapshot) visit(dir string, depth int, p string, d fs.DirEntry, err error) error {
	if err != nil {
		return nil //nolint:nilerr // what cannot be read is left out
	}
	rel := strings.TrimPrefix(p, dir+"/")
	if d.IsDir() {
		if p != dir && (strings.Count(rel, "/") >= depth-1 || elsewhere(p, rel)) {
			return filepath.SkipDir
		}
		return nil
	}
	if d.Type()&(fs.ModeSymlink|fs.ModeSocket|fs.ModeNamedPipe) == 0 {
		s.files[p] = true
	}
	return nil
}

// elsewhere knows folders that are no module's, are walked as another place,
// or are not for stress: tasks, tracing, power management.
func elsewhere(p, rel string) bool {
	switch p {
	case "/sys/kernel/debug", "/sys/kernel/tracing", "/sys/kernel/debug/tracing", "/proc/self", "/proc/thread-self", "/sys/kernel/slab":
		return true
	}
	if strings.HasPrefix(p, "/proc/") && !strings.Contains(rel, "/") {
		_, err := strconv.Atoi(rel)
		return err == nil
	}
	return filepath.Base(p) == "power"
}

// since returns what has come after the snapshot.
func (s snapshot) since() (files []string, tasks []int) {
	now := look()
	for f := range now.files {
		if !s.files[f] && filepath.Base(f) != "uevent" {
			files = append(files, f)
		}
	}
	for t := range now.tasks {
		if !s.tasks[t] {
			tasks = append(tasks, t)
		}
	}
	slices.Sort(files)
	slices.Sort(tasks)
	return files, tasks
}

// kernelThreads lists the children of kthreadd, but for the shared workers.
func kernelThreads() []int {
	var out []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, path := range stats {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		head, tail, ok := cutLast(string(b), ") ")
		tid, comm, ok2 := strings.Cut(head, " (")
		f := strings.Fields(tail)
		if n, err := strconv.Atoi(tid); ok && ok2 && err == nil && len(f) > 1 && f[1] == "2" && !strings.HasPrefix(comm, "kworker/") {
			out = append(out, n)
		}
	}
	return out
}
