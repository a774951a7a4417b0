package cli

import (
	"context"
	"os"
	"path/filepath"

	"gordian/internal/check"
	"gordian/internal/model"
)

// maxConfirmed bounds the findings whose fixes are tried: each costs an
// analysis of its file. Others keep the advice and lose the diff.
const maxConfirmed = 24

// confirm keeps the diffs that cure their finding and bring no other one: it
// analyses the patched text before anybody sees it.
func (k *checkCmd) confirm(ctx context.Context, c *checked, o sourceOptions) error {
	tried := 0
	for i := range c.findings {
		if !hasEdits(&c.findings[i]) {
			continue
		}
		if tried++; tried > maxConfirmed {
			dropEdits(&c.findings[i])
		}
	}
	if tried == 0 {
		return nil
	}
	temp, err := os.MkdirTemp("", "gordian-fix-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) //nolint:errcheck // nothing is lost if it stays
	done := 0
	say := o.Progress
	o.Progress = func(string, int, int) {} // many short runs: one line for all
	c.findings = check.ConfirmFixes(ctx, c.findings, c.text, func(file string, patched []byte) ([]model.Finding, error) {
		done++
		say("trying fixes", done, max(done, 2*min(tried, maxConfirmed)))
		return k.recheck(ctx, c, o, filepath.Join(temp, "patched.c"), file, patched)
	})
	return nil
}

// recheck analyses one file with another text.
func (k *checkCmd) recheck(ctx context.Context, c *checked, o sourceOptions, temp, file string, patched []byte) ([]model.Finding, error) {
	if err := os.WriteFile(temp, patched, 0o600); err != nil {
		return nil, err
	}
	place, err := c.place(file)
	if err != nil {
		return nil, err
	}
	if c.only(place) && string(patched) == c.text.Text(file) {
		return c.findings, nil // that is what was just analysed
	}
	with := make(map[string]string, len(o.Replace)+1)
	for p, r := range o.Replace {
		with[p] = r
	}
	with[place] = temp
	o.Replace, o.Paths = with, []string{place}
	s, err := k.source.facts(ctx, o)
	if err != nil {
		return nil, err
	}
	again := newChecked(s, o)
	return k.source.judge(ctx, again.inputs, s, again.text), nil
}

// only reports whether a file is all that was asked for.
func (c *checked) only(place string) bool {
	if len(c.options.Paths) != 1 {
		return false
	}
	abs, err := filepath.Abs(c.options.Paths[0])
	return err == nil && abs == place
}

func hasEdits(f *model.Finding) bool {
	for i := range f.Fix {
		if len(f.Fix[i].Edits) > 0 {
			return true
		}
	}
	return false
}

// dropEdits leaves of a finding's fixes those that are advice.
func dropEdits(f *model.Finding) {
	var kept []model.Fix
	for _, x := range f.Fix {
		if len(x.Edits) == 0 {
			kept = append(kept, x)
		}
	}
	f.Fix = kept
}
