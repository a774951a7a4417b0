package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/verify"
	"gordian/internal/model"
)

// proof is all that was tried with one folder.
type proof struct {
	label, dir string // label: before, after, or nothing
	failOn     string
	source     *checked // nil when it was not looked at
	runs       []*kernelRun
	note       string
}

// kernelRun is one boot.
type kernelRun struct {
	kernel   kernels.Kernel
	log      string
	proof    *verify.Proof
	modules  []string // names of what was loaded
	findings []model.Finding
	others   []model.Finding // what was found beside, and is not counted
	splat    bool            // lockdep reported something
	took     time.Duration
	err      error // it could not be run
}

// prove checks the source, and runs the module on each kernel. One kernel that
// cannot be run does not stop the others.
func (v *labVerify) prove(ctx context.Context, label, dir string, ks []kernels.Kernel) (*proof, error) {
	p := &proof{label: label, dir: dir, failOn: v.failOn.value}
	w, err := v.workload(dir)
	if err != nil {
		return nil, err
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, fmt.Errorf("%s: this is no folder with module source", dir)
	}
	if err := os.MkdirAll(v.logDir, 0o777); err != nil {
		return nil, fmt.Errorf("keep the consoles: %w", err)
	}
	if !v.noSource {
		if p.source, err = v.checkSource(ctx, dir); err != nil {
			return nil, err
		}
	}
	for _, k := range ks {
		r := &kernelRun{kernel: k, log: v.logName(label, k)}
		p.runs = append(p.runs, r)
		begin := time.Now()
		r.err = v.runOn(ctx, r, dir, w)
		r.took = time.Since(begin)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var build *kbuild.Error
		if errors.As(r.err, &build) {
			return nil, r.err // what does not compile here will not elsewhere
		}
	}
	return p, nil
}

// checkSource is gordian check on the folder, with its defaults.
func (v *labVerify) checkSource(ctx context.Context, dir string) (*checked, error) {
	k := &checkCmd{Streams: v.Streams, noCache: true}
	k.src.Paths = []string{dir}
	c, err := k.analyse(ctx, k.src)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	c.findings = sure(slices.Clone(c.findings), nil)
	return c, nil
}

func (v *labVerify) logName(label string, k kernels.Kernel) string {
	name := "gordian-lab-"
	if label != "" {
		name += label + "-"
	}
	return filepath.Join(v.logDir, name+filepath.Base(k.Name)+".log")
}

// runOn builds for one kernel and boots it.
func (v *labVerify) runOn(ctx context.Context, r *kernelRun, dir string, w verify.Workload) error {
	work, err := os.MkdirTemp("", "gordian-build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work) //nolint:errcheck // temporary
	v.say(r, "building for "+r.kernel.Release)
	built, err := kbuild.Build(ctx, dir, work, kbuild.Headers{Dir: r.kernel.HeadersDir, Release: r.kernel.Release})
	if err != nil {
		return err
	}
	for _, m := range built.Modules {
		r.modules = append(r.modules, moduleName(m))
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find gordian's own binary: %w", err)
	}
	f, err := os.Create(r.log)
	if err != nil {
		return fmt.Errorf("keep the console: %w", err)
	}
	defer f.Close() //nolint:errcheck // closed below when all went well
	r.proof, err = verify.Run(ctx, verify.Config{
		Kernel: r.kernel, Self: self, Modules: built.Modules, Workload: w, CPUs: v.cpus, MemoryMB: v.guestMemory(r.kernel), Timeout: v.timeout,
		Watch: v.watcher(ctx, r, f),
	})
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return fmt.Errorf("on %s: %w", r.kernel.Name, err)
	}
	if err := r.judge(ctx); err != nil {
		return err
	}
	if why := r.refused(); why != "" && !atLeast(r.findings, v.failOn.value) {
		return fmt.Errorf("on %s: %s; the console is in %s", r.kernel.Name, why, r.log)
	}
	return nil
}

// guestMemory is what was asked for, or what the kernel needs: KASAN takes an
// eighth of the memory for its shadow, and keeps what is freed for a while.
func (v *labVerify) guestMemory(k kernels.Kernel) int {
	if v.memory == 0 && hasOption(k, "KASAN") {
		return 2 * lab.DefaultMemoryMB
	}
	return v.memory
}

// refused says why a run tells nothing about the module: the kernel did not
// boot, or refused the module.
func (r *kernelRun) refused() string {
	run := r.proof.Run
	switch {
	case run.Stop == lab.NoBoot:
		return run.Why
	case run.Stop == lab.Failed && strings.HasPrefix(run.Why, "load "):
		return run.Why
	}
	return ""
}

func (v *labVerify) watcher(ctx context.Context, r *kernelRun, log io.Writer) lab.Watcher {
	return lab.Watcher{
		Log: log,
		Judge: func() bool {
			return r.judge(ctx) == nil && atLeast(r.findings, v.failOn.value)
		},
		Say: func(text string) { v.say(r, text) },
	}
}

func (v *labVerify) say(r *kernelRun, text string) {
	if v.out.quiet {
		return
	}
	name := filepath.Base(r.kernel.Name)
	fmt.Fprintf(v.Err, "%s: %s\n", safe(name), safe(text))
}
