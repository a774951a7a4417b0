package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/lab/kernels"
	"gordian/internal/lab/verify"
)

const labVerifyLong = `Prove that a driver does not deadlock, or find out how it does.

The module source in DIR is checked as gordian check does, built against each
kernel's headers away from DIR, and booted with it in a virtual machine: on the
distribution's kernel, and on one with every check of locking (see gordian lab kernel).
There it is loaded, worked, unloaded and loaded again, while the kernel's reports are
read. The stressors open, read, write, poll and ioctl the files that came with the
module, take a CPU away and bring it back, make memory scarce, and preempt and move
tasks. What else starts the module's work is said in DIR/` + verify.WorkloadFile + `, see
docs/lab-kernels.md.

The verdict is pass, or the findings; with it goes what of the module ran, the taint,
and the reference counts. A pass says that nothing was seen in what ran: coverage
tells how much that is.

With --before and --after, a fix is proven: the bug must be seen in the one, and
nothing in the other.

Exit status:
  0    pass; with --before and --after: found before, pass after
  1    findings, or something else went wrong in the guest; nothing found before
  2    could not run: no kernel, no headers, it does not build or load, or the time
       was up before anything was seen
  130  interrupted
`

const labVerifyExample = `  gordian lab verify drivers/foo/
  gordian lab verify --kernel stock --kernel 6.12 --cycles 10 drivers/foo/
  gordian lab verify --junit result.xml --log-dir logs drivers/foo/
  gordian lab verify --before foo.orig/ --after foo/`

type labVerify struct {
	Streams
	out           output
	failOn        *choice
	before, after string
	kernels       []string
	cycles        int
	seconds       time.Duration
	programs      []string
	params        []string
	stress        []string
	junit, logDir string
	memory, cpus  int
	noSource      bool
	timeout       time.Duration
}

func newLabVerify(s Streams) *cobra.Command {
	v := &labVerify{Streams: s, failOn: newChoice("error", "error", "warning", "note")}
	c := &cobra.Command{
		Use:     "verify [flags] DIR",
		Short:   "Build a module, load, work and unload it in a virtual machine: pass, or findings",
		Long:    labVerifyLong,
		Example: labVerifyExample,
		RunE:    func(c *cobra.Command, args []string) error { return v.run(c, args) },
	}
	f := c.Flags()
	f.StringVar(&v.before, "before", "", "module source `DIR` that has the bug")
	f.StringVar(&v.after, "after", "", "module source `DIR` that has not")
	f.StringArrayVarP(&v.kernels, "kernel", "k", nil, "`KERNEL` to run on, a name of gordian lab kernel or an image (repeatable; default: stock, and lockdep if it has been built)")
	f.IntVar(&v.cycles, "cycles", 0, fmt.Sprintf("load and unload `N` times (default %d)", verify.DefaultCycles))
	f.DurationVar(&v.seconds, "stress-time", 0, fmt.Sprintf("`TIME` to work the module in each cycle (default %ds)", verify.DefaultSeconds))
	f.StringArrayVarP(&v.programs, "exec", "e", nil, "`COMMAND` of this host to run in each cycle, without a shell (repeatable)")
	f.StringArrayVar(&v.params, "param", nil, "load with `MODULE.NAME=VALUE` (repeatable)")
	f.StringSliceVar(&v.stress, "stress", nil, "which `STRESSORS`: "+strings.Join(verify.Stressors(), ", ")+", or none (default all)")
	f.StringVar(&v.junit, "junit", "", "write JUnit XML to `FILE`")
	f.StringVar(&v.logDir, "log-dir", ".", "keep the consoles of the guests in `DIR`")
	f.BoolVar(&v.noSource, "no-source", false, "leave out the check of the source")
	f.DurationVar(&v.timeout, "timeout", 0, "`TIME` that each guest has (default: from the cycles and their length)")
	f.IntVar(&v.memory, "memory", 0, "`MB` of memory of each guest (default: what the kernel needs)")
	f.IntVar(&v.cpus, "cpus", 0, "`N` CPUs of each guest (default 4)")
	v.out.addFlags(c, s)
	addChoice(c, v.failOn, "fail-on", "least severity of a finding that is no pass")
	_ = c.RegisterFlagCompletionFunc("stress", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return append(verify.Stressors(), "none"), cobra.ShellCompDirectiveNoFileComp
	})
	return c
}

func (v *labVerify) run(c *cobra.Command, args []string) error {
	twins := v.before != "" || v.after != ""
	switch {
	case twins && (v.before == "" || v.after == ""):
		return usageError(c, errors.New("--before and --after belong together: give both"))
	case twins && len(args) > 0:
		return usageError(c, errors.New("give DIR, or --before and --after"))
	case !twins && len(args) != 1:
		return usageError(c, errors.New("name one folder with module source"))
	}
	if err := v.out.choose(nil); err != nil {
		return err
	}
	ks, note, err := v.chooseKernels()
	if err != nil {
		return err
	}
	if twins {
		return v.compare(c.Context(), ks, note)
	}
	p, err := v.prove(c.Context(), "", args[0], ks)
	if err != nil {
		return err
	}
	p.note = note
	if err := v.report([]*proof{p}, p.verdict()); err != nil {
		return err
	}
	return p.status()
}

// compare proves a fix: found before, pass after.
func (v *labVerify) compare(ctx context.Context, ks []kernels.Kernel, note string) error {
	before, err := v.prove(ctx, "before", v.before, ks)
	if err != nil {
		return err
	}
	after, err := v.prove(ctx, "after", v.after, ks)
	if err != nil {
		return err
	}
	after.note = note
	verdict, status := twinVerdict(before, after)
	if err := v.report([]*proof{before, after}, verdict); err != nil {
		return err
	}
	return status
}

func twinVerdict(before, after *proof) (string, error) {
	first := func(err error) string { return strings.Split(err.Error(), "\n")[0] }
	none := &exitStatus{code: exitFindings}
	switch err := errors.Join(before.unrun(), after.unrun()); {
	case err != nil:
		return "nothing is proven: " + first(err), err
	case !before.seen() && after.seen():
		return "worse: nothing was found before, and after: " + after.verdict(), none
	case after.seen():
		return "not fixed: before: " + before.verdict() + "; after: " + after.verdict(), none
	case !before.seen() && before.late() != nil:
		return "nothing is proven: the bug was not seen before: " + first(before.late()), before.late()
	case !before.seen():
		return "nothing is proven: the bug was not seen before either. Work the module harder (--cycles, --stress-time, " +
			verify.WorkloadFile + "), or name the kernel that shows it (--kernel)", none
	case after.late() != nil:
		return "nothing is proven: the bug was seen before, and after: " + first(after.late()), after.late()
	}
	return "fixed: before: " + before.verdict() + "; after: " + after.verdict(), nil
}

// chooseKernels resolves --kernel, and says what is missing when nothing was
// asked for.
func (v *labVerify) chooseKernels() ([]kernels.Kernel, string, error) {
	store, err := kernels.UserStore()
	if err != nil {
		return nil, "", err
	}
	names, note := v.kernels, ""
	if len(names) == 0 {
		names = []string{kernels.Stock, kernels.Lockdep}
		if _, err := store.Find(kernels.Lockdep); errors.Is(err, kernels.ErrNoKernel) {
			names = names[:1]
			note = "no lockdep kernel has been built, so that possible deadlocks that did not happen were not looked for: gordian lab kernel build lockdep"
		}
	}
	var ks []kernels.Kernel
	for _, name := range names {
		k, err := store.Find(name)
		if err != nil {
			return nil, "", err
		}
		if err := k.MissingHeaders(); err != nil {
			return nil, "", err
		}
		if !slices.ContainsFunc(ks, func(x kernels.Kernel) bool { return x.Image == k.Image }) {
			ks = append(ks, k)
		}
	}
	return ks, note, nil
}

// workload is the folder's own, with what the flags say over it.
func (v *labVerify) workload(dir string) (verify.Workload, error) {
	w, err := verify.ReadWorkload(dir)
	if err != nil {
		return w, err
	}
	if v.cycles > 0 {
		w.Cycles = v.cycles
	}
	if v.seconds > 0 {
		w.Seconds = max(1, int(v.seconds.Seconds()))
	}
	if len(v.stress) > 0 {
		names := slices.DeleteFunc(slices.Clone(v.stress), func(s string) bool { return s == "none" })
		w.Stress = &names
	}
	for _, line := range v.programs {
		words, err := splitWords(line)
		if err != nil {
			return w, fmt.Errorf("--exec: %w", err)
		}
		w.Exec = append(w.Exec, words)
	}
	for _, p := range v.params {
		module, setting, ok := strings.Cut(p, ".")
		if !ok || module == "" || !strings.Contains(setting, "=") {
			return w, fmt.Errorf("--param %s: write MODULE.NAME=VALUE", p)
		}
		if w.Params == nil {
			w.Params = map[string][]string{}
		}
		w.Params[module] = append(w.Params[module], setting)
	}
	return w, w.Check()
}
