package truth_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/truth"
)

// TestBuilds compiles every module against every kernel whose headers are
// installed, those without an image too: no warning is allowed.
func TestBuilds(t *testing.T) {
	if os.Getenv(envLab) == "" {
		t.Skip("compiles every module for every kernel, which takes long: make test-lab")
	}
	for _, h := range installedHeaders(t) {
		t.Run(h.Release, func(t *testing.T) {
			for _, m := range truth.All() {
				t.Run(m.Name, func(t *testing.T) {
					t.Parallel()
					r, err := kbuild.Build(t.Context(), filepath.Join(modules, m.Name), t.TempDir(), h)
					var wrong *kbuild.Error
					if errors.As(err, &wrong) {
						t.Fatalf("%v\n%s", err, wrong.Output)
					}
					if err != nil {
						t.Fatal(err)
					}
					if strings.Contains(r.Output, "warning:") || strings.Contains(r.Output, "WARNING:") {
						t.Errorf("warnings:\n%s", r.Output)
					}
				})
			}
		})
	}
}

// installedHeaders are those that distributions install, and those of the
// kernels that the matrix boots.
func installedHeaders(t *testing.T) []kbuild.Headers {
	t.Helper()
	var out []kbuild.Headers
	dirs, err := filepath.Glob("/lib/modules/*/build/Makefile")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, makefile := range dirs {
		dir := filepath.Dir(makefile)
		release := filepath.Base(filepath.Dir(dir))
		seen[release] = true
		out = append(out, kbuild.Headers{Dir: dir, Release: release})
	}
	for _, k := range matrixKernels(t) {
		if !seen[k.Release] {
			out = append(out, kbuild.Headers{Dir: k.HeadersDir, Release: k.Release})
		}
	}
	return out
}
