package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"gordian/internal/kcore"
	"gordian/internal/kmem"
)

const coreLong = `Look into a crash dump, or into the memory of the running kernel.

The dump is all that is needed: symbols, types and unwind tables are read out of it.
Without a COMMAND there is a prompt; commands can also be piped in, one per line.
` + "`gordian diagnose VMCORE`" + ` says at once what is deadlocked and why.

Commands:
`

const coreExample = `  gordian core vmcore                    a prompt
  gordian core vmcore ps -D              tasks that are blocked
  gordian core vmcore bt 4242
  gordian core vmcore struct mutex my_lock
  gordian core -f json vmcore locks
  sudo gordian core --live bt -D         the running kernel, through /proc/kcore
  gordian core trim vmcore -o small.elf.xz`

// liveImage is the memory of the running kernel.
const liveImage = "/proc/kcore"

type coreCommand struct {
	Streams
	format *choice
	live   bool
	mem    byteSize
	source string
}

func newCore(s Streams) *cobra.Command {
	x := &coreCommand{Streams: s, format: newChoice("text", "text", "json"), mem: defaultMem}
	c := &cobra.Command{
		Use:     "core [flags] VMCORE [COMMAND [ARGS...]]",
		Short:   "Look into a crash dump: tasks, stacks, locks, types, memory",
		Long:    coreLong + coreCommandHelp(),
		Example: coreExample,
		RunE:    func(c *cobra.Command, args []string) error { return x.run(c, args) },
	}
	// What follows VMCORE belongs to the command there: `bt -a`.
	c.Flags().SetInterspersed(false)
	c.Flags().VarP(x.format, "format", "f", "output format: text, json")
	_ = c.RegisterFlagCompletionFunc("format", x.format.complete)
	c.Flags().BoolVar(&x.live, "live", false, "the running kernel, through /proc/kcore, in place of VMCORE")
	addMem(c, &x.mem)
	addVmlinux(c, &x.source)
	c.AddCommand(newCoreTrim(s))
	return c
}

func (x *coreCommand) run(c *cobra.Command, args []string) error {
	paths, rest := x.split(args)
	if len(paths) == 0 {
		return usageError(c, errors.New("no dump given: name one, or say --live for the running kernel"))
	}
	if len(rest) > 0 {
		if _, err := findCoreSub(rest[0]); err != nil { // before a big dump is unpacked
			return usageError(c, err)
		}
	}
	k, err := openCore(c.Context(), x.Streams, paths, kmem.Options{MaxMemory: int64(x.mem)})
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // opened for reading
	if x.source != "" {
		if err := k.UseVmlinux(x.source); err != nil {
			return fmt.Errorf("--vmlinux %w", err)
		}
	}
	for _, lack := range k.Incomplete {
		complain(x.Streams, fmt.Errorf("incomplete: %s", lack))
	}
	session := &coreSession{k: k, out: x.Out, json: x.format.value == "json"}
	if len(rest) > 0 {
		return session.run(c.Context(), rest)
	}
	return x.prompt(c.Context(), session)
}

// split takes the dump off the arguments: one file, or all that are parts of
// one split dump.
func (x *coreCommand) split(args []string) (paths, rest []string) {
	if x.live {
		return []string{liveImage}, args
	}
	n := min(1, len(args))
	for n > 0 && n < len(args) && kmem.IsPart(args[0]) && kmem.IsPart(args[n]) {
		n++
	}
	return args[:n], args[n:]
}

// openCore opens a dump with a progress bar. Opening can take long only where
// it can be interrupted.
func openCore(ctx context.Context, s Streams, paths []string, o kmem.Options) (*kcore.Kernel, error) {
	bar := newProgress(s)
	defer bar.done()
	o.Progress = func(_ string, done, total int64) { bar.update(done, total) }
	o.Stdin = s.In
	roomyForDump(o.MaxMemory)
	return kcore.Open(ctx, paths, o)
}
