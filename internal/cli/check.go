package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"gordian/internal/model"
)

const checkLong = `Read kernel C source, find what could deadlock, and explain it.

PATH is a file, a folder, or "-" for one file on standard input. Nothing is built or preprocessed:
no configuration and no compiler are needed. A kernel tree around the path (or --root) gives headers.

Text and HTML leave out findings of low confidence; JSON, SARIF and DOT have all, unless --min-confidence
is given. Only findings that are at least that sure count for the exit status.

A comment keeps gordian quiet about its line and the next one, above a function about the whole of it:
/* gordian: ignore RULE reason */

` + exitHelp

const checkExample = `  gordian check drivers/net/foo/
  gordian check --root ~/linux my_driver.c
  gordian check --since origin/main .    only what your commits and edits introduce
  gordian check --write-baseline known.json drivers/ && gordian check --baseline known.json drivers/
  gordian check --format sarif -o gordian.sarif .
  gordian check --graph locks.svg drivers/net/foo/
  gordian check --fix drivers/net/foo/   apply the mechanical fixes`

// checkCmd is one run of gordian check.
type checkCmd struct {
	Streams
	out           output
	failOn        *choice
	minConfidence *choice
	maxFindings   limit
	jobs          limit
	src           sourceOptions
	rules         []string
	baseline      string
	writeBaseline string
	diff          string
	since         string
	project       string
	cacheDir      string
	noCache       bool
	fix           bool
	listLocksOnly bool
	graph         string
	explicit      bool // --min-confidence was given
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
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 0 && k.diff == "" && k.since == "" {
			return usageError(c, errors.New("no source given: name a C file or a folder, or - for standard input"))
		}
		k.explicit = c.Flags().Changed("min-confidence")
		return k.run(c.Context(), args)
	}
	k.addFlags(c)
	return c
}

func (k *checkCmd) addFlags(c *cobra.Command) {
	k.out.addFlags(c, k.Streams)
	addChoice(c, k.failOn, "fail-on", "least severity of a finding that makes the exit status 1")
	addChoice(c, k.minConfidence, "min-confidence", "leave out findings that are less sure than this")
	f := c.Flags()
	f.Var(&k.maxFindings, "max-findings", "show at most `N` findings, the worst first (0: all)")
	f.StringArrayVar(&k.rules, "rule", nil, "only findings of `RULE` (can be repeated)")
	_ = c.RegisterFlagCompletionFunc("rule", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return ruleIDs(), cobra.ShellCompDirectiveNoFileComp
	})
	f.StringVar(&k.src.Root, "root", "", "the kernel `TREE` that paths and headers belong to (default: looked for above each path)")
	f.StringVar(&k.src.Overlay, "overlay", "", "folder `DIR` whose files stand in for those of the same path in the tree")
	f.StringArrayVarP(&k.src.Includes, "include", "I", nil, "look for headers in `DIR` too (can be repeated)")
	f.StringVar(&k.src.Config, "config", "", "a .config or compile_commands.json `FILE` that decides #if (never needed)")
	f.StringVar(&k.project, "project", "", "the project's gordian.toml `FILE` (default: looked for beside and above each path)")
	f.BoolVar(&k.fix, "fix", false, "apply the fixes that are a diff, and report what remains")
	f.BoolVar(&k.listLocksOnly, "list-locks", false, "print the lock classes and how they nest, in place of findings (text or json)")
	f.StringVar(&k.graph, "graph", "", "draw the lock hierarchy into `FILE`.svg, .html or .dot, beside the report")
	f.StringVar(&k.diff, "diff", "", "only findings that a unified diff in `FILE` (-: standard input) introduces; it may be applied already or not yet")
	f.StringVar(&k.since, "since", "", "only findings that were introduced since the git `REV`, edits that are not committed included")
	f.StringVar(&k.baseline, "baseline", "", "leave out the findings that are known in `FILE`")
	f.StringVar(&k.writeBaseline, "write-baseline", "", "write the findings to `FILE`, for --baseline")
	f.StringVar(&k.cacheDir, "cache-dir", "", "keep results of long runs in `DIR` (default: gordian in the user's cache folder)")
	f.BoolVar(&k.noCache, "no-cache", false, "neither use nor keep results of earlier runs")
	f.VarP(&k.jobs, "jobs", "j", "read `N` files at once (0: one for each CPU)")
}

func (k *checkCmd) run(ctx context.Context, args []string) error {
	if err := k.prepare(args); err != nil {
		return err
	}
	roomy()
	res, done, err := k.check(ctx, args)
	defer done()
	if err != nil {
		return err
	}
	if err := k.filter(res); err != nil {
		return err
	}
	if k.graph != "" {
		if err := k.writeGraph(res); err != nil {
			return err
		}
	}
	if k.listLocksOnly {
		return k.listLocks(res)
	}
	if k.fix {
		if err := k.applyFixes(res); err != nil {
			return err
		}
	}
	return k.report(res)
}

// check analyses what was named. done removes files that the report still
// shows lines of.
func (k *checkCmd) check(ctx context.Context, args []string) (c *checked, done func(), err error) {
	if k.diff != "" || k.since != "" {
		return k.onlyNew(ctx, args)
	}
	src, done, err := k.fromStdin(args)
	if err != nil {
		return nil, done, err
	}
	c, err = k.analyse(ctx, src)
	return c, done, err
}

// wantFacts reports whether the facts behind the findings are needed.
func (k *checkCmd) wantFacts() bool { return k.listLocksOnly || k.graph != "" }

// prepare refuses mistakes before any time is spent.
func (k *checkCmd) prepare(args []string) error {
	inputs := slices.Concat(args, []string{k.src.Config, k.project, k.baseline, k.diff})
	inputs = slices.DeleteFunc(inputs, func(s string) bool { return s == "" || s == "-" })
	if err := k.out.choose(inputs); err != nil {
		return err
	}
	if err := k.checkLocks(inputs); err != nil {
		return err
	}
	if err := knownRules(k.rules); err != nil {
		return err
	}
	for _, a := range args {
		if err := sourcePath(a); err != nil {
			return err
		}
	}
	if k.fix && slices.Contains(args, "-") {
		return errors.New("--fix: standard input cannot be changed: name the file")
	}
	if k.diff != "" || k.since != "" {
		switch {
		case k.diff != "" && k.since != "":
			return errors.New("--diff and --since: give one of them")
		case slices.Contains(args, "-"):
			return errors.New("-: a change is of files: name them, or nothing for all that it touches")
		}
	}
	if err := isFolder("--root", k.src.Root); err != nil {
		return err
	}
	return isFolder("--overlay", k.src.Overlay)
}

// report writes the document and decides the exit status.
func (k *checkCmd) report(res *checked) error {
	doc := res.document()
	least := model.Confidence(k.minConfidence.value)
	sure := model.Document{Findings: slices.Clone(doc.Findings), Stats: map[string]int64{}}
	keepConfident(&sure, least)
	failed := atLeast(sure.Findings, k.failOn.value)
	if k.explicit || forPeople(k.out.renderer.Name) {
		keepConfident(doc, least)
	}
	keepFirst(doc, int(k.maxFindings))
	pruneInputs(doc)
	if err := k.out.write(doc); err != nil {
		return err
	}
	if failed {
		return &exitStatus{code: exitFindings}
	}
	return nil
}

// forPeople reports whether a format is read by people: what is hardly sure
// would hide the rest from them.
func forPeople(format string) bool { return format == "text" || format == "html" }
