package cli

import (
	"context"
	"errors"

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
	judge func(ctx context.Context, f *model.Facts, s *srcfact.Facts) []model.Finding
}

// checked is what an analysis found.
type checked struct {
	facts    *model.Facts // inputs, in the order of source.Files
	source   *srcfact.Facts
	findings []model.Finding
}

func (k *checkCmd) analyse(ctx context.Context, o sourceOptions) (*checked, error) {
	if k.source.facts == nil {
		return nil, errors.New("this build has no reader for C source")
	}
	s, err := k.source.facts(ctx, o)
	if err != nil {
		return nil, err
	}
	r := &checked{facts: newSourceInputs(s), source: s}
	r.findings = k.source.judge(ctx, r.facts, s)
	model.SortFindings(r.findings)
	return r, nil
}

// newSourceInputs makes one input of each file, so that findings can name them.
func newSourceInputs(s *srcfact.Facts) *model.Facts {
	f := &model.Facts{Stats: s.Stats}
	at := map[string]int{}
	for i, x := range s.Files {
		at[x.Path] = i
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

func (r *checked) document() *model.Document { return newDocument(r.facts, r.findings) }
