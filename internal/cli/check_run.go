package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"gordian/internal/check"
	"gordian/internal/csource/tree"
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// sourceOptions say what an analysis reads.
type sourceOptions struct {
	tree.Options
	Project string // gordian.toml, or ""
}

// analysis is what gordian check stands on; tests put fakes here.
type analysis struct {
	facts func(ctx context.Context, o sourceOptions) (*srcfact.Facts, error)
	judge func(ctx context.Context, f *model.Facts, s *srcfact.Facts, text check.TextSource) []model.Finding
}

// checked is what an analysis found.
type checked struct {
	inputs   *model.Facts // inputs and what is incomplete
	source   *srcfact.Facts
	findings []model.Finding
	text     *sourceText
}

// analyse runs the analysis behind a progress line. It is left behind when it
// does not stop at an interrupt: the process ends anyway.
func (k *checkCmd) analyse(ctx context.Context, o sourceOptions) (*checked, error) {
	if k.source.facts == nil {
		return nil, errors.New("this build has no reader for C source")
	}
	bar := newStages(k.Streams)
	defer bar.done()
	o.Progress = bar.update
	o.Jobs = int(k.jobs)
	type result struct {
		*checked
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := k.judged(ctx, o)
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

func (k *checkCmd) judged(ctx context.Context, o sourceOptions) (*checked, error) {
	s, err := k.source.facts(ctx, o)
	if err != nil {
		return nil, err
	}
	if len(s.Files) == 0 {
		return nil, errors.New("no C source was read: name .c files, or folders that have some")
	}
	renameStdin(s)
	c := &checked{inputs: sourceInputs(s), source: s, text: newSourceText(s, o.Options)}
	c.findings = k.source.judge(ctx, c.inputs, s, c.text)
	return c, nil
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
