package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"gordian/internal/kcore"
	"gordian/internal/kmem"
)

const coreTrimLong = `Write a dump with only what a diagnosis needs, to send it to somebody else.

It has the stacks of all tasks, the locks that they wait for and hold, modules,
symbols, types and the kernel's log; it never has pages of programs or of files.
gordian finds the same in it. The name after -o says how it is compressed: .xz
(smallest), .zst (fastest), or not at all. What stands in kernel stacks and in the
log can still be private: look at ` + "`gordian core FILE log`" + ` before you send it.`

const coreTrimExample = `  gordian core trim vmcore -o small.elf.xz`

type coreTrim struct {
	Streams
	file string
	mem  byteSize
}

func newCoreTrim(s Streams) *cobra.Command {
	t := &coreTrim{Streams: s, mem: defaultMem}
	c := &cobra.Command{
		Use:     "trim VMCORE -o FILE",
		Short:   "Write a small dump with only what a diagnosis needs",
		Long:    coreTrimLong,
		Example: coreTrimExample,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(c, errors.New("no dump given"))
			}
			if t.file == "" {
				return usageError(c, errors.New("say where to write: -o small.elf.xz"))
			}
			return t.run(c.Context(), args)
		},
	}
	c.Flags().StringVarP(&t.file, "output", "o", "", "write to `FILE`, which appears whole or not at all")
	addMem(c, &t.mem)
	return c
}

func (t *coreTrim) run(ctx context.Context, paths []string) error {
	for _, p := range paths {
		if sameFile(t.file, p) {
			return fmt.Errorf("--output %s: that is an input, which would be lost: give another name", t.file)
		}
	}
	k, err := openCore(ctx, t.Streams, paths, kmem.Options{MaxMemory: int64(t.mem), Record: true})
	if err != nil {
		return err
	}
	defer k.Close() //nolint:errcheck // opened for reading
	if k.Image.Live {
		return errors.New("trim: the running kernel changes while it is written: make a dump of it")
	}
	var stats kcore.TrimStats
	err = writeFile(t.file, func(w io.Writer) error {
		z, err := kmem.Compressor(t.file, w)
		if err != nil {
			return err
		}
		if stats, err = k.Trim(ctx, z); err != nil {
			return err
		}
		return z.Close()
	})
	if err != nil {
		return err
	}
	for _, lack := range k.Incomplete {
		complain(t.Streams, fmt.Errorf("incomplete: %s", lack))
	}
	fmt.Fprintf(t.Err, "%s: %d pages", safe(t.file), stats.Pages)
	if stats.UserData > 0 {
		fmt.Fprintf(t.Err, "; %d pages of programs and files that were met are left out", stats.UserData)
	}
	fmt.Fprintln(t.Err)
	return nil
}
