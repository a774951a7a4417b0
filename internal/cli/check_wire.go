package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/srcfact"
)

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis {
	return analysis{facts: sourceFacts, judge: check.Source, keepFrom: time.Second}
}

// sourceFacts analyses source with the kernel's API table and the projects'
// own additions.
func sourceFacts(ctx context.Context, o sourceOptions) (*srcfact.Facts, error) {
	t, err := lockapi.Kernel()
	if err != nil {
		return nil, err
	}
	for _, name := range o.Projects {
		if t, err = withProject(t, name); err != nil {
			return nil, err
		}
	}
	return csource.Analyze(ctx, csource.Options{Tree: o.Options, APIs: t})
}

func withProject(t *lockapi.Table, name string) (*lockapi.Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("project file: %w", err)
	}
	defer f.Close()
	return t.Load(name, f)
}
