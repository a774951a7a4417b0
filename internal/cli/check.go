package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"gordian/internal/model"
)

const checkLong = `Read kernel C source, find what could deadlock, and explain it.

PATH is a file, a folder, or "-" for one file on standard input. Nothing is built or preprocessed:
no configuration and no compiler are needed. A kernel tree around the path (or --root) gives headers.

` + exitHelp

const checkExample = `  gordian check drivers/net/foo/
  gordian check --root ~/linux drivers/net/foo.c
  gordian check --format sarif -o gordian.sarif .`

// checkCmd is one run of gordian check.
type checkCmd struct {
	Streams
	out           output
	failOn        *choice
	minConfidence *choice
	maxFindings   limit
	src           sourceOptions
}

func newCheck(s Streams) *cobra.Command {
	k := &checkCmd{
		Streams:       s,
		failOn:        newChoice("error", "error", "warning", "note", "never"),
		minConfidence: newChoice("medium", "high", "medium", "low"),
	}
	c := &cobra.Command{
		Use:     "check [flags] PATH...",
		Short:   "Find in kernel C source what could deadlock, and explain it",
		Long:    checkLong,
		Example: checkExample,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError(c, errors.New("no source given: name a C file or a folder, or - for standard input"))
			}
			return k.run(c.Context(), args)
		},
	}
	k.addFlags(c)
	return c
}

func (k *checkCmd) addFlags(c *cobra.Command) {
	k.out.addFlags(c, k.Streams)
	addChoice(c, k.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	addChoice(c, k.minConfidence, "min-confidence", "leave findings that are less sure than this out of the text")
	f := c.Flags()
	f.Var(&k.maxFindings, "max-findings", "show at most `N` findings, the worst first (0: all)")
	f.StringVar(&k.src.Root, "root", "", "the kernel `TREE` that paths and headers belong to (default: looked for above each path)")
	f.StringVar(&k.src.Overlay, "overlay", "", "folder `DIR` whose files stand in for those of the same path in the tree")
	f.StringArrayVarP(&k.src.Includes, "include", "I", nil, "look for headers in `DIR` too (can be repeated)")
	f.StringVar(&k.src.Config, "config", "", "a .config or compile_commands.json `FILE` that decides #if (never needed)")
	f.StringVar(&k.src.Project, "project", "", "the project's gordian.toml `FILE` (default: looked for beside and above each path)")
	f.IntVarP(&k.src.Jobs, "jobs", "j", 0, "read `N` files at once (default: one for each CPU)")
}

func (k *checkCmd) run(ctx context.Context, args []string) error {
	if err := k.out.choose(args); err != nil {
		return err
	}
	k.src.Paths = args
	res, err := k.analyse(ctx, k.src)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return err
	}
	doc := res.document()
	if k.out.renderer.Name == "text" {
		keepConfident(doc, model.Confidence(k.minConfidence.value))
	}
	failed := atLeast(doc.Findings, k.failOn.value)
	keepFirst(doc, int(k.maxFindings))
	if err := k.out.write(doc); err != nil {
		return err
	}
	if failed {
		return &exitStatus{code: exitFindings}
	}
	return nil
}
