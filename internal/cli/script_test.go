package cli

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary as gordian.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"gordian": func() { os.Exit(Run(context.Background(), os.Args[1:], OSStreams())) },
	})
}

// TestScripts runs the command transcripts in testdata/script. After a change
// that is meant, `go test -run Scripts -update` rewrites what they expect.
func TestScripts(t *testing.T) {
	vmcore := dumpFixture(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: false,
		Setup: func(env *testscript.Env) error {
			log, err := os.ReadFile(filepath.Join("testdata", "abba.log"))
			if err != nil {
				return err
			}
			env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache"))
			if err := os.WriteFile(filepath.Join(env.WorkDir, "binary.c"), []byte("\x7fELF\x00\x01"), 0o644); err != nil {
				return err
			}
			if err := os.Symlink(vmcore, filepath.Join(env.WorkDir, "vmcore")); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "abba.log"), log, 0o644)
		},
	})
}
