package cli

import (
	"context"
	"slices"

	"gordian/internal/check"
	"gordian/internal/model"
)

// Trying a fix costs another look at its file and at all that calls into it.
// Findings beyond maxConfirmed, and those in more files than maxTried, keep
// the advice and lose the diff: checking their file alone gives it.
const (
	maxConfirmed = 60
	maxTried     = 200
)

// confirm keeps the diffs that cure their finding and bring no other one: it
// analyses the patched text before anybody sees it.
func (k *checkCmd) confirm(ctx context.Context, c *checked, again lookAgain) {
	tried := 0
	for i := range c.findings {
		if !hasEdits(&c.findings[i]) {
			continue
		}
		if tried++; tried > maxConfirmed || len(c.source.Files) > maxTried || again == nil {
			dropEdits(&c.findings[i])
			tried--
		}
	}
	if tried == 0 {
		return
	}
	done := 0
	c.findings = check.ConfirmFixes(ctx, c.findings, c.text, func(file string, patched []byte) ([]model.Finding, error) {
		text := string(patched)
		if text == c.text.Text(file) {
			return through(c.findings, file), nil // that is what was just analysed
		}
		c.options.Progress("trying fixes", done, max(done, tried))
		done++
		s, err := again(ctx, c.analysed(file), text)
		if err != nil {
			return nil, err
		}
		look := newChecked(s, c.options)
		look.text.replace(file, text)
		return through(k.source.judge(ctx, look.inputs, s, look.text), file), nil
	})
}

// through picks the findings that go through a file: what others have in
// common with them, such as a function's name, is chance.
func through(fs []model.Finding, file string) []model.Finding {
	var out []model.Finding
	for i := range fs {
		if fs[i].File == file || slices.ContainsFunc(fs[i].Locations, func(l model.Location) bool { return l.File == file }) {
			out = append(out, fs[i])
		}
	}
	return out
}

// analysed is the name of a file for the analysis.
func (c *checked) analysed(file string) string {
	if file == stdinName && c.stdin != "" {
		return c.stdin
	}
	return file
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
