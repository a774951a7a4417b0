package check

import (
	"slices"
	"strconv"
	"strings"

	"gordian/internal/kstack"
	"gordian/internal/model"
)

func sortedCopy(words []string) []string {
	out := slices.Clone(words)
	slices.Sort(out)
	return out
}

// setKey is a key for a set of names.
func setKey(names []string) string { return strings.Join(slices.Compact(sortedCopy(names)), "\x00") }

func refNames(refs []model.Ref) []string {
	out := make([]string, len(refs))
	for i, r := range refs {
		out[i] = r.Name()
	}
	return out
}

// whyReports returns the reports that an edge's provenances stand in.
func (v *view) whyReports(e model.Edge) []int {
	var out []int
	for _, p := range e.Why {
		n, ok := strings.CutPrefix(p.Locator, "line ")
		if !ok {
			continue
		}
		line, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		if i, ok := v.reportAt(p.Input, line); ok {
			out = append(out, i)
		}
	}
	return out
}

// reportsOf adds the reports that an edge stands in to a finding.
func (v *view) reportsOf(f *model.Finding, e model.Edge) { addReports(f, v.whyReports(e)...) }

// guiltyName is the function to look at in a stack, or "".
func guiltyName(stack []model.Frame) string {
	if g, i := guilty(stack); i >= 0 {
		return g.Func
	}
	return ""
}

// classify and guilty are those of kstack, with functions as the source calls
// them: compilers add suffixes, which differ from build to build.

func classify(stack []model.Frame) kstack.Wait {
	w := kstack.Classify(stack)
	w.Caller.Func = kstack.Base(w.Caller.Func)
	return w
}

func classifyRunning(stack []model.Frame) kstack.Wait {
	w := kstack.ClassifyRunning(stack)
	w.Caller.Func = kstack.Base(w.Caller.Func)
	return w
}

func guilty(stack []model.Frame) (model.Frame, int) {
	f, i := kstack.Guilty(stack)
	f.Func = kstack.Base(f.Func)
	return f, i
}
