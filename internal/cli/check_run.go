package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime/debug"
	"time"

	"gordian/internal/check"
	"gordian/internal/csource/tree"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// sourceOptions say what an analysis reads.
type sourceOptions struct {
	tree.Options
	Projects []string // gordian.toml files
	NoFixes  bool     // nobody will look at fixes: they need not be tried
}

// analysis is what gordian check stands on; tests put fakes here.
type analysis struct {
	// facts reads source. again looks at one of the files once more, with
	// another text; it is for one goroutine.
	facts func(ctx context.Context, o sourceOptions) (f *srcfact.Facts, again lookAgain, err error)
	judge func(ctx context.Context, f *model.Facts, s *srcfact.Facts, text check.TextSource) []model.Finding
	// keepFrom is how long an analysis takes whose result is kept: a quick one
	// is as quick again, and would push out the others.
	keepFrom time.Duration
}

// lookAgain analyses the same files, of which one has another text.
type lookAgain func(ctx context.Context, file, text string) (*srcfact.Facts, error)

// checked is what an analysis found.
type checked struct {
	inputs   *model.Facts // inputs and what is incomplete
	source   *srcfact.Facts
	findings []model.Finding
	text     *sourceText
	options  sourceOptions
	stdin    string // the file that stands for standard input, as the analysis names it
}

// analyse runs the analysis behind a progress line. It is left behind when it
// does not stop at an interrupt: the process ends anyway.
func (k *checkCmd) analyse(ctx context.Context, o sourceOptions) (*checked, error) {
	if k.source.facts == nil {
		return nil, errors.New("this build has no reader for C source")
	}
	bar := newStages(k.Streams)
	defer bar.done()
	o.Progress, o.Jobs = bar.update, int(k.jobs)
	var err error
	if o.Projects, err = projects(k.project, o.Root, o.Paths); err != nil {
		return nil, err
	}
	type result struct {
		*checked
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := k.kept(ctx, o)
		done <- result{c, err}
	}()
	select {
	case r := <-done:
		if ctx.Err() == nil {
			return r.checked, r.err
		}
	case <-ctx.Done():
	}
	bar.done()
	complain(k.Streams, fmt.Errorf("interrupted while %s: nothing is reported", bar.doing()))
	return nil, ctx.Err()
}

// judged analyses, and tries the fixes.
func (k *checkCmd) judged(ctx context.Context, o sourceOptions) (*checked, error) {
	s, again, err := k.source.facts(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(s.Files) == 0 {
		return nil, errors.New("no C source was read: name .c files, or folders that have some")
	}
	c := newChecked(s, o)
	o.Progress("judging", 0, 0)
	c.findings = k.source.judge(ctx, c.inputs, s, c.text)
	if !o.NoFixes {
		k.confirm(ctx, c, again)
	}
	return c, nil
}

func newChecked(s *srcfact.Facts, o sourceOptions) *checked {
	stdin := ""
	if len(o.Paths) == 1 && isStdin(o.Paths[0]) {
		stdin = renameStdin(s)
	}
	return &checked{inputs: sourceInputs(s), source: s, text: newSourceText(s, o.Options), options: o, stdin: stdin}
}

// document makes the document of what is left after the filters.
func (c *checked) document() *model.Document { return newDocument(c.inputs, c.findings) }

// sourceInputs makes one input of each file, so that findings can name them.
func sourceInputs(s *srcfact.Facts) *model.Facts {
	f := &model.Facts{Stats: maps.Clone(s.Stats)}
	at := make(map[string]int, len(s.Files))
	for _, x := range s.Files {
		at[x.Path] = len(f.Inputs)
		f.Inputs = append(f.Inputs, model.Input{Path: x.Path, Kind: model.InputSource, SHA256: x.SHA256, Bytes: x.Bytes})
	}
	for _, n := range s.Incomplete {
		i, ok := at[n.File]
		if !ok {
			i = len(f.Inputs)
			at[n.File] = i
			f.Inputs = append(f.Inputs, model.Input{Path: n.File, Kind: model.InputSource})
		}
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: i, Reason: noteWords(n)})
	}
	return f
}

// roomy undoes the small footprint that suits a log reader on a sick host: an
// analysis of a whole kernel keeps much in memory, and collecting garbage all
// the time would double its run. GOGC and GOMEMLIMIT win.
func roomy() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// memoryLimit is where collecting garbage becomes more urgent than speed. A
// whole kernel keeps 1.3 GB at most.
const memoryLimit = 3800 << 20
