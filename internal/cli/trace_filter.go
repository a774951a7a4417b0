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
	modules    []string
	functions  []string
	known      string
	list       *baseline.List
}

func (t *traceFilter) addFlags(c *cobra.Command) {
	c.Flags().StringVar(&t.cgroupPath, "cgroup", "", "follow only the tasks of this cgroup (v2): its `PATH`")
	c.Flags().StringSliceVar(&t.modules, "module", nil, "show only findings whose paths go through this `MODULE`")
	c.Flags().StringSliceVar(&t.functions, "function", nil, "show only findings whose paths go through this `FUNCTION`")
	c.Flags().StringVar(&t.known, "baseline", "", "leave out the findings that this `FILE` lists; it is made if there is none")
}

func (t *traceFilter) prepare() error {
	if t.cgroupPath != "" {
		path := t.cgroupPath
		if !strings.HasPrefix(path, "/sys/") {
			path = filepath.Join("/sys/fs/cgroup", path)
		}
		var st syscall.Stat_t
		if err := syscall.Stat(path, &st); err != nil {
			return fmt.Errorf("--cgroup %s: %w", path, err)
		}
		t.cgroup = st.Ino // the id of a cgroup is the inode of its directory
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
