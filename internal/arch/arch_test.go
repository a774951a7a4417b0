// Package arch tests the shape of the program: imports follow the data flow.
//
//	evidence ──readers──▶ facts ──engine──▶ findings ──renderers──▶ output
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed lists, for each package, the packages of this module that it may
// import. A package that is not listed may import none, and only cli may use
// all of them. Tests are free.
func allowed() map[string][]string {
	return map[string][]string{
		"model":           {},
		"kreport":         {"model"},
		"kstack":          {"model"},
		"engine":          {"model"},
		"klog":            {"model", "kreport", "kstack"},
		"evidence":        {"model", "klog", "kmem", "kcore", "trace"},
		"check":           {"model", "kreport", "kstack", "engine", "srcfact", "srcfix", "hostfact"},
		"trace":           {"model"},
		"bpf":             {"trace"},
		"srcfact":         {"model"},
		"kmem":            {},
		"ktype":           {},
		"ksym":            {"kmem"},
		"unwind":          {"kmem", "ksym", "ktype"},
		"kcore":           {"kmem", "ksym", "ktype", "unwind", "kcode", "kstack", "model"},
		"kcode":           {"kmem", "kstack", "unwind", "model"},
		"hostfact":        {"model"},
		"host":            {"model", "hostfact", "kstack", "kconfig", "host/files", "host/proc"},
		"host/files":      {},
		"futex":           {"model", "host/proc", "futex/cfi"},
		"futex/cfi":       {},
		"host/proc":       {"model"},
		"baseline":        {"model"},
		"srccache":        {"model", "srcfact"},
		"change":          {"udiff"},
		"srcfix":          {"model"},
		"report":          {"model", "srcfact", "report/layout"},
		"report/layout":   {},
		"csource/arena":   {},
		"csource/cast":    {"csource/arena"},
		"csource/ctype":   {"csource/cast"},
		"csource/cpp":     {"csource/arena", "csource/cast"},
		"csource/cparse":  {"csource/cast", "csource/cpp"},
		"csource/lockapi": {"model"},
		"csource/tree":    {"csource/cast", "csource/cparse", "csource/ctype", "srcfact", "model"},
		"csource/ir":      {"csource/arena", "csource/ctype"},
		"csource/lower":   {"csource/arena", "csource/cast", "csource/ctype", "csource/ir", "csource/lockapi"},
		"csource/flow":    {"csource/ctype", "csource/ir", "csource/lockapi", "model", "srcfact"},
		"csource/link":    {"csource/ctype", "csource/flow", "csource/ir", "csource/lockapi", "model", "srcfact"},
		"csource":         {"csource/cast", "csource/ctype", "csource/ir", "csource/link", "csource/lockapi", "csource/lower", "csource/tree", "srcfact"},
		"lab/kernels":     {"kconfig"},
		"lab/kbuild":      {},
		"lab/verify":      {"kstack", "lab", "lab/kernels", "lab/kmod", "lab/proto"},
		"lab/kmod":        {},
		"lab/explore":     {"csource/lockapi", "lab/kbuild"},
		"lab/initramfs":   {},
		"lab/proto":       {},
		"lab/guest":       {"lab/proto"},
		"lab/vm":          {},
		"lab":             {"klog", "lab/guest", "lab/initramfs", "lab/kernels", "lab/kmod", "lab/proto", "lab/vm"},
		"kconfig":         {},
		"lab/truth":       {"model"},
		"tools/gendocs":   {"check", "report"},
		"cli":             {"*"},
		"main":            {"cli", "lab/guest"},
	}
}

// libraries lists the packages that may use a third party; the rest use the
// standard library only.
func libraries() map[string][]string {
	return map[string][]string{
		"kcode":           {"golang.org/x/arch"},
		"futex":           {"golang.org/x/sys"},
		"cli":             {"charm.land/bubbletea/v2", "github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
		"evidence":        {"github.com/klauspost/compress", "github.com/therootcompany/xz", "golang.org/x/sys"},
		"kmem":            {"github.com/anchore/go-lzo", "github.com/klauspost/compress", "github.com/therootcompany/xz", "github.com/ulikunitz/xz"},
		"srccache":        {"github.com/klauspost/compress"},
		"bpf":             {"github.com/cilium/ebpf", "golang.org/x/sys"},
		"trace":           {"github.com/google/pprof"},
		"lab/guest":       {"golang.org/x/sys"},
		"lab/vm":          {"golang.org/x/sys"},
		"lab/initramfs":   {"golang.org/x/sys"},
		"lab/kmod":        {"github.com/klauspost/compress", "github.com/therootcompany/xz"},
		"csource/lockapi": {"github.com/pelletier/go-toml/v2"},
		"lab/verify":      {"github.com/pelletier/go-toml/v2"},
		"kconfig":         {"github.com/klauspost/compress", "github.com/pelletier/go-toml/v2", "github.com/therootcompany/xz"},
		"lab/kernels":     {"github.com/klauspost/compress", "github.com/therootcompany/xz"},
	}
}

func TestImportsFollowTheDataFlow(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, dir := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() && e.Name() == "testdata" {
				return filepath.SkipDir
			}
			if strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
				checkFile(t, root, path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func checkFile(t *testing.T, root, path string) {
	t.Helper()
	rel, err := filepath.Rel(root, filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	pkg := strings.TrimPrefix(filepath.ToSlash(rel), "internal/")
	if strings.HasPrefix(pkg, "cmd/") {
		pkg = "main"
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		t.Error(err)
		return
	}
	for _, im := range f.Imports {
		name, err := strconv.Unquote(im.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		if why := forbidden(pkg, name); why != "" {
			t.Errorf("%s imports %s: %s", path, name, why)
		}
	}
}

func forbidden(pkg, name string) string {
	if own, ok := strings.CutPrefix(name, "gordian/internal/"); ok {
		may := allowed()[pkg]
		if slices.Contains(may, "*") || slices.Contains(may, own) {
			return ""
		}
		return "against the direction of the data (docs/architecture.md)"
	}
	first, _, _ := strings.Cut(name, "/")
	if !strings.Contains(first, ".") {
		return "" // the standard library
	}
	if slices.ContainsFunc(libraries()[pkg], func(l string) bool { return name == l || strings.HasPrefix(name, l+"/") }) {
		return ""
	}
	return "a third party is for " + strings.Join(users(), ", ") + " only (docs/dependencies.md)"
}

func users() []string {
	var out []string
	for k := range libraries() {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func TestForbidden(t *testing.T) {
	tests := []struct {
		pkg, name string
		ok        bool
	}{
		{"model", "strings", true},
		{"model", "gordian/internal/engine", false},
		{"klog", "gordian/internal/check", false},
		{"engine", "gordian/internal/kreport", false},
		{"report", "gordian/internal/check", false},
		{"report", "gordian/internal/report/layout", true},
		{"cli", "gordian/internal/check", true},
		{"cli", "github.com/spf13/cobra", true},
		{"check", "github.com/spf13/cobra", false},
		{"new", "gordian/internal/model", false},
	}
	for _, tt := range tests {
		if got := forbidden(tt.pkg, tt.name) == ""; got != tt.ok {
			t.Errorf("%s imports %s: allowed %v, want %v", tt.pkg, tt.name, got, tt.ok)
		}
	}
}
