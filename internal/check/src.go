package check

import (
	"context"
	"slices"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// TextSource gives the lines of the files that were checked, without their
// line ends. It returns nil for a file that cannot be read.
type TextSource interface {
	Lines(file string) []string
}

// Source applies the rules to what was read from C source. f gives the inputs
// that findings refer to; s the facts; text the lines that are shown, nil for
// none. The findings are merged and sorted, and s is not changed.
func Source(ctx context.Context, f *model.Facts, s *srcfact.Facts, text TextSource) []model.Finding {
	v := newSrcView(f, s, text)
	var out []model.Finding
	for _, run := range []func(*srcView) []model.Finding{
		(*srcView).orders, (*srcView).irqUses, (*srcView).slips,
	} {
		if ctx.Err() != nil {
			break
		}
		out = append(out, run(v)...)
	}
	out = slices.DeleteFunc(out, func(f model.Finding) bool { return !v.concerns(&f) })
	for i := range out {
		verifySemaphores(&out[i])
	}
	out = v.mergeSource(out)
	sortSource(out)
	return out
}

// concerns reports whether a finding is about a file that was asked about: what
// stands only in files read for context is not reported.
func (v *srcView) concerns(f *model.Finding) bool {
	if len(v.s.Files) == 0 {
		return true
	}
	for i := range f.Locations {
		if v.checked[f.Locations[i].File] {
			return true
		}
	}
	return v.checked[f.File]
}

// srcView is the source as its rules look at it.
type srcView struct {
	s       *srcfact.Facts
	text    TextSource
	decls   map[model.Ref]string // where classes are declared
	docs    map[string]Doc
	checked map[string]bool                // files that were asked about
	inputs  map[string]int                 // by path
	byPair  map[classPair][]*srcfact.Order // those that may support a finding, best first
	uses    map[useKey][]*srcfact.Use      // best first
}

func newSrcView(f *model.Facts, s *srcfact.Facts, text TextSource) *srcView {
	v := &srcView{s: s, text: text, docs: map[string]Doc{}, inputs: map[string]int{}}
	v.checked = make(map[string]bool, len(s.Files))
	for i := range s.Files {
		v.checked[s.Files[i].Path] = true
	}
	for _, r := range Rules() {
		v.docs[r.Doc.ID] = r.Doc
	}
	if f != nil {
		for i, in := range f.Inputs {
			v.inputs[in.Path] = i
		}
	}
	v.decls = map[model.Ref]string{}
	for _, c := range s.Classes {
		v.decls[c.Ref] = c.File
	}
	v.indexOrders()
	v.indexUses()
	return v
}

// finding starts a finding of a source rule at a step.
func (v *srcView) finding(rule string, verdict model.Verdict, first srcfact.Step) model.Finding {
	d := v.docs[rule]
	return model.Finding{Rule: rule, Status: model.Potential, Verdict: verdict, Severity: d.Severity,
		Confidence: model.High, Fix: slices.Clone(d.Fixes), Verify: append([]string{checkAgain(rule)}, d.Verify...),
		Function: first.Func, File: first.File, Line: first.Line}
}

// checkAgain is the first thing to do after a change: it needs no kernel.
func checkAgain(rule string) string {
	return "Run `gordian check` on the changed files again: this " + rule + " finding must be gone, and no other may have come (`--baseline` tells old ones from new ones)."
}
