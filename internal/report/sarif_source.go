package report

import (
	"slices"
	"strings"

	"gordian/internal/model"
)

// sourceLocation is a place in source with what happens there.
func sourceLocation(l *model.Location) sarifLocation {
	out := sarifPlace(l.File, l.Line)
	if i := l.Line - l.First; out.Physical.Region != nil && i >= 0 && i < len(l.Excerpt) {
		out.Physical.Region.Snippet = &sarifMessage{Text: SafeText(l.Excerpt[i])}
	}
	if l.Function != "" {
		out.Logical = []sarifLogical{{Name: safeLine(l.Function), Kind: "function"}}
	}
	out.Message = &sarifMessage{Text: safeLine(l.Note)}
	return out
}

// sourceThreads makes one thread flow of each path.
func sourceThreads(locs []model.Location) []sarifThreadFlow {
	var out []sarifThreadFlow
	for i := range locs {
		if i == 0 || locs[i].Thread != locs[i-1].Thread {
			flow := sarifThreadFlow{}
			if locs[i].Thread != "" {
				flow.Message = &sarifMessage{Text: safeLine(locs[i].Thread)}
			}
			out = append(out, flow)
		}
		last := &out[len(out)-1]
		last.Locations = append(last.Locations, sarifFlowStep{Location: sourceLocation(&locs[i])})
	}
	return out
}

// sarifFixes gives the fixes that are edits, for editors that can apply them.
func sarifFixes(fixes []model.Fix) []sarifFix {
	var out []sarifFix
	for _, f := range fixes {
		if len(f.Edits) == 0 {
			continue
		}
		fix := sarifFix{Description: sarifMessage{Text: SafeText(f.Title)}}
		for _, e := range f.Edits {
			uri := sarifURI(e.File)
			at := slices.IndexFunc(fix.Changes, func(c sarifChange) bool { return c.Artifact.URI == uri })
			if at < 0 {
				at = len(fix.Changes)
				fix.Changes = append(fix.Changes, sarifChange{Artifact: sarifArtifactLocation{URI: uri}})
			}
			fix.Changes[at].Replacements = append(fix.Changes[at].Replacements, sarifReplace(e))
		}
		out = append(out, fix)
	}
	return out
}

// sarifReplace is an edit as SARIF has it: whole lines are the region from
// column 1 of the first to column 1 of the line behind the last.
func sarifReplace(e model.Edit) sarifReplacement {
	line := max(e.Line, 1)
	r := sarifReplacement{Deleted: sarifRegion{StartLine: line, StartColumn: 1, EndLine: line + max(e.Delete, 0), EndColumn: 1}}
	if len(e.Insert) > 0 {
		r.Inserted = &sarifMessage{Text: strings.ToValidUTF8(strings.Join(e.Insert, "\n")+"\n", "\uFFFD")}
	}
	return r
}
