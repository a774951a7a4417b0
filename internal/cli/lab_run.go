package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gordian/internal/check"
	"gordian/internal/evidence"
	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/vm"
)

const labRunLong = `Boot a kernel in QEMU, load modules, run a program, and say what got stuck.

gordian itself is init of the virtual machine. It loads the modules in the order
given (after those that they need; source is built first, away from its folder), runs the program of --exec with the libraries
that it needs, and then watches until nothing has been stuck for a while. The run ends
when all is done, when the kernel reports a hang, a lockup or a lockdep splat, when
the guest goes silent, or after --timeout. The console of the guest is kept in the
file of --log, and explained as gordian diagnose would.

With KVM this takes seconds; without, QEMU emulates the CPUs, some ten times slower.

` + exitHelp

const labRunExample = `  gordian lab run --module ./foo.ko,mode=1
  gordian lab run --kernel linux/arch/x86/boot/bzImage --module foo.ko --exec './stress -n 4'
  gordian lab run --kernel lockdep --module foo.ko
  gordian lab run --module foo.ko --dump=foo.core --format json
  gordian lab run --module foo.ko --dump=foo.kdump --dump-format kdump-zlib`

type labRun struct {
	diagnose
	kernel, modulesDir string
	modules            []string
	program            string
	files              []string
	timeout, watch     time.Duration
	dump               string
	dumpFormat         *choice
	log, append        string
	console            bool
	memory, cpus       int
	explore            string

	work string // folder for what is built, "" before the first build; gone at the end
}

func newLabRun(s Streams) *cobra.Command {
	r := &labRun{
		diagnose: diagnose{
			Streams:       s,
			failOn:        newChoice("error", "error", "warning", "note", "never"),
			minConfidence: newChoice("low", "high", "medium", "low"),
			mem:           defaultMem,
		},
		dumpFormat: newChoice("elf", vm.DumpFormats()...),
	}
	c := &cobra.Command{
		Use:     "run [flags]",
		Short:   "Boot a kernel, load modules, run a program, explain what got stuck",
		Long:    labRunLong,
		Example: labRunExample,
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return r.run(c.Context()) },
	}
	f := c.Flags()
	f.StringVarP(&r.kernel, "kernel", "k", kernels.Stock, "`KERNEL` to boot: a name that gordian lab kernel lists, or the path of a bzImage")
	f.StringVar(&r.modulesDir, "modules-dir", "", "`FOLDER` of the kernel's own modules (with the path of a kernel; default: where packages put them)")
	f.StringArrayVarP(&r.modules, "module", "m", nil, "load a module: `FILE.ko[,parameter=value...]`, or the folder of one, which is built if it has source")
	f.StringVarP(&r.program, "exec", "e", "", "`COMMAND` of this host to run in the guest, without a shell")
	f.StringArrayVar(&r.files, "file", nil, "put a file into the guest: `HOST[:GUEST]`")
	f.DurationVar(&r.timeout, "timeout", 2*time.Minute, "`TIME` that the guest has, from init on")
	f.DurationVar(&r.watch, "watch", 5*time.Second, "`TIME` that nothing must be stuck at the end (0: do not wait for that)")
	f.StringVar(&r.dump, "dump", "", "write the guest's memory to `FILE` at the end")
	f.Lookup("dump").NoOptDefVal = "gordian-lab.core"
	addChoice(c, r.dumpFormat, "dump-format", "format of --dump")
	f.StringVar(&r.log, "log", "gordian-lab.log", "keep the guest's console in `FILE`")
	f.BoolVar(&r.console, "console", false, "show the guest's console as it comes")
	f.StringVar(&r.append, "append", "", "`WORDS` for the kernel's command line")
	f.IntVar(&r.memory, "memory", lab.DefaultMemoryMB, "`MB` of memory of the guest")
	f.IntVar(&r.cpus, "cpus", lab.DefaultCPUs, "`N` CPUs of the guest")
	f.StringVar(&r.explore, "explore", "", "make the last --module hang, if it can: in `FUNCTIONS`, those of a saved report (FILE.json), or anywhere")
	f.Lookup("explore").NoOptDefVal = exploreAll
	r.out.addFlags(c, s)
	addChoice(c, r.failOn, "fail-on", "least severity of a finding that stops the run and makes the exit status 1")
	addChoice(c, r.minConfidence, "min-confidence", "leave out findings that are less sure than this")
	return c
}

func (r *labRun) run(ctx context.Context) error {
	if err := r.out.choose(nil); err != nil {
		return err
	}
	defer r.removeBuilds()
	job, err := r.job(ctx)
	if err != nil {
		return err
	}
	res, bootErr := r.boot(ctx, job)
	if ctx.Err() != nil || res == nil {
		return errors.Join(bootErr, ctx.Err())
	}
	if bootErr != nil {
		r.dump = "" // it is not there, but the log up to the error may say what happened
	}
	r.read = r.withRun(job, res, r.read)
	verdict := r.diagnose.run(ctx, []string{r.evidence()})
	switch {
	case bootErr != nil:
		return bootErr
	case verdict != nil:
		return verdict // findings, or a log that cannot be read
	}
	if why := r.unfinished(res); why != nil {
		return why
	}
	return nil
}

// evidence is what the verdict rests on: the memory of the guest, which has its
// log in it and says who holds what; else the console.
func (r *labRun) evidence() string {
	if r.dump != "" {
		return r.dump
	}
	return r.log
}

// job turns the flags into a boot.
func (r *labRun) job(ctx context.Context) (*lab.Job, error) {
	k, err := r.findKernel()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find gordian's own binary: %w", err)
	}
	j, err := lab.NewJob(k, self)
	if err != nil {
		return nil, err
	}
	if r.cpus < 1 || r.cpus > 64 {
		return nil, fmt.Errorf("--cpus %d: must be from 1 to 64", r.cpus)
	}
	if r.memory < 96 {
		return nil, fmt.Errorf("--memory %d: a kernel and its initramfs need 96 MB at least", r.memory)
	}
	j.CPUs, j.MemoryMB, j.Append = r.cpus, r.memory, r.append
	return j, r.steps(ctx, j)
}

func (r *labRun) findKernel() (kernels.Kernel, error) {
	if strings.ContainsRune(r.kernel, '/') {
		return kernels.Open(r.kernel, r.modulesDir)
	}
	store, err := kernels.UserStore()
	if err != nil {
		return kernels.Kernel{}, err
	}
	return store.Find(r.kernel)
}

func (r *labRun) steps(ctx context.Context, j *lab.Job) error {
	for _, f := range r.files {
		host, guest, ok := strings.Cut(f, ":")
		if !ok {
			var err error
			if guest, err = filepath.Abs(host); err != nil {
				return err
			}
		}
		if !filepath.IsAbs(guest) {
			return fmt.Errorf("--file %s: the name in the guest must be absolute", f)
		}
		if err := j.AddFile(host, guest); err != nil {
			return err
		}
	}
	return r.addWork(ctx, j)
}

// addWork loads the modules and works them; the last one is explored if that
// is asked for.
func (r *labRun) addWork(ctx context.Context, j *lab.Job) error {
	for i, spec := range r.modules {
		words := strings.Split(spec, ",")
		path, err := r.moduleFile(ctx, words[0], j.Kernel)
		if err != nil {
			return err
		}
		if r.explore != "" && i == len(r.modules)-1 {
			return r.addExplored(ctx, j, path, words[1:])
		}
		if err := j.Load(path, words[1:]); err != nil {
			return err
		}
	}
	if r.explore != "" {
		return errors.New("--explore: name the module by --module")
	}
	return r.addRound(j)
}

// addRound runs the program, if there is one, and then watches.
func (r *labRun) addRound(j *lab.Job) error {
	if r.program != "" {
		words, err := splitWords(r.program)
		if err != nil {
			return fmt.Errorf("--exec: %w", err)
		}
		if err := j.Exec(words); err != nil {
			return err
		}
	}
	j.Watch(r.watch)
	return nil
}

// boot runs the job with its console going to the log file.
func (r *labRun) boot(ctx context.Context, j *lab.Job) (*lab.Result, error) {
	f, err := os.Create(r.log)
	if err != nil {
		return nil, fmt.Errorf("keep the console: %w", err)
	}
	defer f.Close() //nolint:errcheck // closed below when all went well
	var w io.Writer = f
	if r.console {
		w = io.MultiWriter(f, safeWriter{r.Err})
	}
	start := time.Now()
	res, err := lab.Run(ctx, j, lab.Limits{Timeout: r.timeout}, lab.Dump{Path: r.dump, Format: r.dumpFormat.value}, lab.Watcher{
		Log:   w,
		Judge: func() bool { return r.judge(ctx) },
		Say: func(text string) {
			if !r.out.quiet {
				fmt.Fprintf(r.Err, "%6.1f s  %s\n", time.Since(start).Seconds(), safe(text))
			}
		},
	})
	if err == nil {
		err = f.Close()
	}
	if err != nil && ctx.Err() == nil {
		return res, fmt.Errorf("%w\nthe console is in %s", err, r.log)
	}
	return res, err
}

// judge reports whether the log so far holds a finding worth stopping for.
func (r *labRun) judge(ctx context.Context) bool {
	facts, err := evidence.Read(ctx, []string{r.log}, evidence.Options{})
	if err != nil || facts == nil {
		return false // nothing has come yet
	}
	return len(facts.Reports) > 0 && atLeast(check.Run(ctx, facts), r.failOn.value)
}

// unfinished is the error of a run in which nothing was found, but that did
// not come to its end either.
func (r *labRun) unfinished(res *lab.Result) error {
	switch {
	case res.Crash != "":
		return fmt.Errorf("the guest's kernel crashed: %s\n%s\nthe console is in %s", res.Crash, res.Why, r.log)
	case res.Stop == lab.Finished:
		return nil
	case res.Stop == lab.NoBoot:
		return fmt.Errorf("boot: %s; the console is in %s", res.Why, r.log)
	}
	return fmt.Errorf("%s: %s; the console is in %s", res.Stop, res.Why, r.log)
}

// safeWriter makes the guest's console harmless to a terminal.
type safeWriter struct{ w io.Writer }

func (s safeWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(s.w, safe(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}
