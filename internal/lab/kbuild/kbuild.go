// Package kbuild builds out-of-tree modules against the headers of a kernel,
// away from their source.
package kbuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Headers is what modules are built against.
type Headers struct {
	Dir     string // what kbuild takes as -C
	Release string // of the kernel that the modules are for
}

// Result is a build that went well.
type Result struct {
	Modules []string // the .ko files, sorted
	Notes   []string // warnings of the compiler, and what else a reader should know
	Output  string   // all that make said
}

// Error is a build that failed; its text is what the compiler said, with the
// paths of the user's own files.
type Error struct {
	Dir    string
	Output string
}

func (e *Error) Error() string {
	text := complaints(e.Output)
	if text == "" {
		text = "\n" + strings.TrimSpace(e.Output)
	}
	return fmt.Sprintf("build %s:%s", e.Dir, text)
}

// Build copies the module source in dir to work, an empty folder of the
// caller's, and builds it there. The user's folder is not written to. The
// makefile is dir's own Kbuild or Makefile; where there is none, each .c file
// is a module.
func Build(ctx context.Context, dir, work string, h Headers) (*Result, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if _, err := exec.LookPath("make"); err != nil {
		return nil, errors.New("build a module: make is missing: apt-get install make gcc")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	copied := filepath.Join(work, filepath.Base(abs))
	if err := copySource(abs, copied); err != nil {
		return nil, fmt.Errorf("build %s: %w", dir, err)
	}
	if err := makefile(copied); err != nil {
		return nil, fmt.Errorf("build %s: %w", dir, err)
	}
	out, err := runMake(ctx, copied, h)
	out = strings.ReplaceAll(out, copied, strings.TrimSuffix(dir, "/"))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if differ := compilerDiffers(out); differ != "" {
		return nil, fmt.Errorf("build %s: %s", dir, differ)
	}
	if err != nil {
		return nil, &Error{Dir: dir, Output: out}
	}
	r := &Result{Output: out, Notes: notes(out)}
	r.Modules, err = modules(copied)
	if err == nil && len(r.Modules) == 0 {
		err = errors.New("no module came out: does its makefile say obj-m?")
	}
	if err != nil {
		return nil, fmt.Errorf("build %s: %w", dir, err)
	}
	return r, nil
}

// check compares the headers with the kernel before anything is compiled.
func (h Headers) check() error {
	// UTS_RELEASE is what goes into a module's vermagic (include/linux/vermagic.h).
	// Debian's include/config/kernel.release says something else.
	b, err := os.ReadFile(filepath.Join(h.Dir, "include/generated/utsrelease.h"))
	if err != nil {
		return fmt.Errorf("kernel headers %s: not there, or not configured (make modules_prepare): %w", h.Dir, err)
	}
	_, have, _ := strings.Cut(string(b), "UTS_RELEASE \"")
	have, _, _ = strings.Cut(have, "\"")
	if h.Release != "" && have != h.Release {
		return fmt.Errorf("kernel headers %s are of %s, and the kernel is %s: a module built with them would not load; apt-get install linux-headers-%s",
			h.Dir, have, h.Release, h.Release)
	}
	return nil
}

// runMake is make with everything it says, errors in their place.
func runMake(ctx context.Context, dir string, h Headers) (string, error) {
	c := exec.CommandContext(ctx, "make", "-C", h.Dir, "M="+dir, "-j"+strconv.Itoa(runtime.NumCPU()), "modules")
	c.Env = environ(os.Environ())
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // an interrupt ends the compilers with make
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	out, err := c.CombinedOutput()
	return string(out), err
}

// environ leaves out what would change the build behind the user's back: the
// variables of an outer make, and another language for the messages.
func environ(env []string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return strings.HasPrefix(name, "MAKE") || strings.HasPrefix(name, "LC_") || name == "MFLAGS" ||
			name == "LANG" || name == "LANGUAGE" || name == "M" || name == "O" || name == "KBUILD_OUTPUT"
	})
	return append(env, "LC_ALL=C")
}

// modules lists the .ko files below dir.
func modules(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(p) == ".ko" {
			out = append(out, p)
		}
		return err
	})
	slices.Sort(out)
	return out, err
}
