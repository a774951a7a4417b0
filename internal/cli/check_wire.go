package cli

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/srcfact"
)

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis {
	w := &wiring{kernel: sync.OnceValues(lockapi.Kernel)}
	return analysis{facts: w.facts, judge: check.Source, keepFrom: time.Second}
}

// wiring keeps the table of the kernel's functions: trying fixes analyses
// many times.
type wiring struct {
	kernel func() (*lockapi.Table, error)
}

func (w *wiring) facts(ctx context.Context, o sourceOptions) (*srcfact.Facts, error) {
	apis, err := w.kernel()
	if err != nil {
		return nil, err
	}
	for _, name := range o.Projects {
		if apis, err = addProject(apis, name); err != nil {
			return nil, err
		}
	}
	return csource.Analyze(ctx, csource.Options{Tree: o.Options, APIs: apis})
}

func addProject(t *lockapi.Table, name string) (*lockapi.Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("project: %w", fileError(name, err))
	}
	defer f.Close() //nolint:errcheck // read only
	return t.Load(name, f)
}
