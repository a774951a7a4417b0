// Package explore brings the tasks of a module to where they deadlock, if they
// can: a helper module holds up every task that has one lock and is about to
// take another, until such tasks form a cycle.
package explore

import (
	"bytes"
	"context"
	"debug/elf"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gordian/internal/csource/lockapi"
	"gordian/internal/lab/kbuild"
)

// Helper is the name of the helper module.
const Helper = "gordian_explore"

//go:embed module
var source embed.FS

// Waits are how long tasks wait for each other, attempt by attempt. Short ones
// first: a task that is held up keeps its CPU, and may keep the others away.
func Waits() []time.Duration {
	return []time.Duration{50 * time.Millisecond, 300 * time.Millisecond, time.Second, 100 * time.Millisecond, 2 * time.Second}
}

// Module is what the helper has to know of the module under test.
type Module struct {
	Acquire []string // functions by which it takes locks, as it calls them
	Release []string
	own     map[string]bool // its functions
}

// Inspect finds the lock functions that a module calls, by what the table of
// the source analysis says that they do.
func Inspect(ko []byte) (Module, error) {
	m := Module{own: map[string]bool{}}
	e, err := elf.NewFile(bytes.NewReader(ko))
	if err != nil {
		return m, fmt.Errorf("module: %w", err)
	}
	symbols, err := e.Symbols()
	if err != nil {
		return m, fmt.Errorf("module: %w", err)
	}
	table, err := lockapi.Kernel()
	if err != nil {
		return m, err
	}
	for _, s := range symbols {
		switch {
		case s.Section != elf.SHN_UNDEF:
			m.own[s.Name] = elf.ST_TYPE(s.Info) == elf.STT_FUNC
		case does(table, s.Name, lockapi.Acquire):
			m.Acquire = append(m.Acquire, s.Name)
		case does(table, s.Name, lockapi.Release):
			m.Release = append(m.Release, s.Name)
		}
	}
	slices.Sort(m.Acquire)
	slices.Sort(m.Release)
	if len(m.Acquire) == 0 {
		return m, errors.New("explore: the module calls no function that takes a lock")
	}
	return m, nil
}

// does reports whether an exported function takes (releases) the lock that is
// its first argument, waiting as long as it takes.
func does(t *lockapi.Table, symbol string, kind lockapi.Kind) bool {
	// The functions behind spin_lock() and the like (kernel/locking/spinlock.c).
	api := t.Call(strings.TrimPrefix(symbol, "_raw_"))
	if api == nil {
		return false
	}
	return slices.ContainsFunc(api.Effects, func(e lockapi.Effect) bool {
		return e.Kind == kind && e.Arg == 0 && e.Member == "" && e.Global == "" && !e.Try && !e.Timeout
	})
}

// Params are the helper's parameters for a module called name. Only tasks that
// take their second lock in one of the functions are held up; none means all.
func (m Module) Params(name string, functions []string) ([]string, error) {
	out := []string{"target=" + name, "acquire=" + strings.Join(m.Acquire, ",")}
	if len(m.Release) > 0 {
		out = append(out, "release="+strings.Join(m.Release, ","))
	}
	var own []string
	for _, f := range functions {
		if m.own[f] {
			own = append(own, f)
		}
	}
	if len(functions) > 0 && len(own) == 0 {
		return nil, fmt.Errorf("explore: the compiled module %s has none of the functions %s (the compiler may have put them into their callers): name others, or none for all of the module",
			name, strings.Join(functions, ", "))
	}
	if len(own) > 0 {
		out = append(out, "only="+strings.Join(own, ","))
	}
	return out, nil
}

// Build builds the helper in work, an empty folder, and returns its file.
func Build(ctx context.Context, work string, h kbuild.Headers) (string, error) {
	config, err := os.ReadFile(filepath.Join(h.Dir, ".config"))
	if err == nil && !bytes.Contains(config, []byte("\nCONFIG_KPROBES=y")) {
		return "", errors.New("explore: the kernel is built without CONFIG_KPROBES, by which tasks are held up: take another one, such as the distribution's")
	}
	src := filepath.Join(work, Helper)
	sub, err := fs.Sub(source, "module")
	if err == nil {
		err = os.CopyFS(src, sub)
	}
	if err != nil {
		return "", fmt.Errorf("explore: %w", err)
	}
	r, err := kbuild.Build(ctx, src, filepath.Join(work, "built"), h)
	if err != nil {
		return "", fmt.Errorf("explore: %w", err)
	}
	return r.Modules[0], nil
}
