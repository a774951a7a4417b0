package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/kernels"
)

// moduleFile is the module that the user means by a file or a folder. A
// folder with source is built for the kernel, in the folder for builds.
func (r *labRun) moduleFile(ctx context.Context, path string, k kernels.Kernel) (string, error) {
	st, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("module: %w", err)
	}
	if !st.IsDir() {
		return path, nil
	}
	found, err := filepath.Glob(filepath.Join(path, "*.ko"))
	if err != nil {
		return "", err
	}
	if source, err := filepath.Glob(filepath.Join(path, "*.c")); err == nil && len(source) > 0 {
		if found, err = r.build(ctx, path, k); err != nil {
			return "", err
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("module: %s has neither C source nor a .ko file", path)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("module: %s has %d modules: name the .ko file to load", path, len(found))
}

func (r *labRun) build(ctx context.Context, dir string, k kernels.Kernel) ([]string, error) {
	if err := k.MissingHeaders(); err != nil {
		return nil, err
	}
	work, err := r.buildDir()
	if err != nil {
		return nil, err
	}
	built, err := kbuild.Build(ctx, dir, work, kbuild.Headers{Dir: k.HeadersDir, Release: k.Release})
	if err != nil {
		return nil, err
	}
	if len(built.Modules) == 0 {
		return nil, errors.New("module: nothing was built from " + dir)
	}
	return built.Modules, nil
}

// buildDir makes a folder for one build. A run that builds nothing leaves no
// folder behind, even if it is killed.
func (r *labRun) buildDir() (string, error) {
	var err error
	if r.work == "" {
		r.work, err = os.MkdirTemp("", "gordian-lab-")
	}
	dir := ""
	if err == nil {
		dir, err = os.MkdirTemp(r.work, "build-")
	}
	if err != nil {
		return "", fmt.Errorf("folder for builds: %w", err)
	}
	return dir, nil
}

func (r *labRun) removeBuilds() {
	if r.work != "" {
		os.RemoveAll(r.work) //nolint:errcheck // nothing more can be done
	}
}
