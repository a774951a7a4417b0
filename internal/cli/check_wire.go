package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource"
	"gordian/internal/csource/lockapi"
	"gordian/internal/srcfact"
)

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis {
	return analysis{facts: readSource, judge: check.Source, keepFrom: 2 * time.Second}
}

func readSource(ctx context.Context, o sourceOptions) (*srcfact.Facts, lookAgain, error) {
	apis, err := lockapi.Kernel()
	if err != nil {
		return nil, nil, err
	}
	var skip ignored
	for _, name := range o.Projects {
		before := len(ignoredBy(apis))
		if apis, err = addProject(apis, name); err != nil {
			return nil, nil, err
		}
		skip.add(filepath.Dir(name), ignoredBy(apis)[before:])
	}
	o.Skip = skip.match
	s, f, err := csource.Open(ctx, csource.Options{Tree: o.Options, APIs: apis})
	if err != nil {
		return nil, nil, err
	}
	return f, s.With, nil
}

func addProject(t *lockapi.Table, name string) (*lockapi.Table, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("project: %w", fileError(name, err))
	}
	defer f.Close() //nolint:errcheck // read only
	return t.Load(name, f)
}
