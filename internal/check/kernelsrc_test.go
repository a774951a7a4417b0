package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// since lists what the pages name and a tree may be too old for. Everything
// else has to be in the tree, whatever its age down to 6.1.
var since = map[string]string{
	"CONFIG_DETECT_HUNG_TASK_BLOCKER": "6.16", "CONFIG_WQ_CPU_INTENSIVE_REPORT": "6.5", "debug_show_blocker": "6.16",
	"watchdog_hardlockup_check": "6.5", "kernel/watchdog_perf.c": "6.5", "kernel/watchdog_buddy.c": "6.5",
	"touch_work_lockdep_map": "6.11", "wq_cpu_intensive_report": "6.5",
}

// until lists what current trees no longer have.
var until = map[string]string{"__spin_lock_debug": "4.11", "print_unlock_inbalance_bug": "4.x"}

// TestAgainstKernelSource looks up every option, file and function that the
// pages cite in a kernel tree: KERNEL_SRC=/usr/src/linux go test ./internal/check
func TestAgainstKernelSource(t *testing.T) {
	src := os.Getenv("KERNEL_SRC")
	if src == "" {
		t.Skip("KERNEL_SRC names no kernel tree")
	}
	options := kconfig(t, src)
	config := regexp.MustCompile(`CONFIG_([A-Z0-9_]+)`)
	file := regexp.MustCompile(`^(?:kernel|lib|include|arch|mm|fs|block|net|drivers|Documentation)/[\w./-]+\.(?:c|h|rst)`)
	fn := regexp.MustCompile(`\b(\w+)\(\)`)
	for _, r := range Rules() {
		for _, m := range config.FindAllStringSubmatch(pageText(r.Doc), -1) {
			if !options[m[1]] && since[m[0]] == "" {
				t.Errorf("%s: %s is in no Kconfig file", r.Doc.ID, m[0])
			}
		}
		for _, s := range append(r.Doc.Sources, classSources()...) {
			name := file.FindString(s)
			if name == "" || since[name] != "" {
				continue
			}
			text, err := os.ReadFile(filepath.Join(src, name))
			if err != nil {
				t.Errorf("%s: %v", r.Doc.ID, err)
				continue
			}
			for _, m := range fn.FindAllStringSubmatch(s, -1) {
				known := since[m[1]] != "" || until[m[1]] != ""
				if !known && !regexp.MustCompile(`\b`+m[1]+`\b`).Match(text) {
					t.Errorf("%s: %s() is not in %s", r.Doc.ID, m[1], name)
				}
			}
		}
	}
}

// kconfig reads the options that a tree defines.
func kconfig(t *testing.T, src string) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	def := regexp.MustCompile(`(?m)^\s*(?:menu)?config ([A-Z0-9_]+)\s*$`)
	err := filepath.WalkDir(src, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasPrefix(d.Name(), "Kconfig") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range def.FindAllSubmatch(text, -1) {
			out[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// classSources are the citations of the table of known classes.
func classSources() []string {
	var out []string
	for _, c := range classes() {
		out = append(out, c.sources...)
	}
	return out
}
