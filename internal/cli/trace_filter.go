package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gordian/internal/baseline"
	"gordian/internal/model"
)

// traceFilter says which tasks are followed and which findings are shown.
type traceFilter struct {
	cgroupPath string
	cgroup     uint64
	level      int // of the cgroup, below the root
	modules    []string
	functions  []string
	known      string
	list       *baseline.List
}

func (t *traceFilter) addFlags(c *cobra.Command) {
	c.Flags().StringVar(&t.cgroupPath, "cgroup", "", "follow only the tasks of this cgroup (v2) and of those below it: its `PATH`")
	c.Flags().StringSliceVar(&t.modules, "module", nil, "show only findings whose paths go through this `MODULE`")
	c.Flags().StringSliceVar(&t.functions, "function", nil, "show only findings whose paths go through this `FUNCTION`")
	c.Flags().StringVar(&t.known, "baseline", "", "leave out the findings that this `FILE` lists; it is made if there is none")
}

func (t *traceFilter) prepare() error {
	if t.cgroupPath != "" {
		if err := t.findCgroup(); err != nil {
			return fmt.Errorf("--cgroup: %w", err)
		}
	}
	if t.known == "" {
		return nil
	}
	f, err := os.Open(t.known)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--baseline: %w", fileError(t.known, err))
	}
	defer f.Close() //nolint:errcheck // read only
	if t.list, err = baseline.Read(f); err != nil {
		return fmt.Errorf("--baseline %s: %w", t.known, err)
	}
	return nil
}

// cgroup2Magic is CGROUP2_SUPER_MAGIC of include/uapi/linux/magic.h.
const cgroup2Magic = 0x63677270

// findCgroup says how the kernel calls the cgroup: its id is the inode of its
// folder, its level how far that is below the root of the file system.
func (t *traceFilter) findCgroup() error {
	path := t.cgroupPath
	if !strings.HasPrefix(path, "/sys/") {
		path = filepath.Join("/sys/fs/cgroup", path)
	}
	path = filepath.Clean(path)
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return fileError(path, err)
	}
	if fs.Type != cgroup2Magic {
		return fmt.Errorf("%s: not a cgroup of version 2", path)
	}
	var here, above syscall.Stat_t
	if err := syscall.Stat(path, &here); err != nil {
		return fileError(path, err)
	}
	t.cgroup = here.Ino
	for t.level = 0; ; t.level++ {
		path = filepath.Dir(path)
		if err := syscall.Stat(path, &above); err != nil {
			return fileError(path, err)
		}
		if above.Dev != here.Dev || path == "/" {
			return nil
		}
	}
}

// remember makes the baseline file of what was found, if it was asked for and
// there is none.
func (t *traceFilter) remember(fs []model.Finding) error {
	if t.known == "" || t.list != nil {
		return nil
	}
	return writeFile(t.known, baseline.New(fs).Write)
}

// apply leaves the findings that are asked for.
func (t *traceFilter) apply(fs []model.Finding) []model.Finding {
	out := []model.Finding{}
	for i := range fs {
		if t.keeps(&fs[i]) {
			out = append(out, fs[i])
		}
	}
	return out
}

// left counts the findings that the baseline leaves out.
func (t *traceFilter) left(fs []model.Finding) int64 {
	var n int64
	for i := range fs {
		if t.isKnown(&fs[i]) && t.passes(&fs[i]) {
			n++
		}
	}
	return n
}

func (t *traceFilter) keeps(f *model.Finding) bool { return !t.isKnown(f) && t.passes(f) }

func (t *traceFilter) isKnown(f *model.Finding) bool {
	return t.list != nil && slices.ContainsFunc(t.list.Findings, func(e baseline.Entry) bool { return e.Fingerprint == f.Fingerprint })
}

// passes reports whether a finding goes through the modules and functions
// that were asked for.
func (t *traceFilter) passes(f *model.Finding) bool {
	if len(t.modules) == 0 && len(t.functions) == 0 {
		return true
	}
	for _, task := range f.Tasks {
		for _, fr := range task.Stack {
			for _, m := range t.modules {
				if strings.HasSuffix(fr, "["+m+"]") || strings.Contains(fr, "["+m+"] ") {
					return true
				}
			}
			name, _, _ := strings.Cut(fr, "+")
			if slices.Contains(t.functions, name) {
				return true
			}
		}
	}
	return false
}
