package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
)

// maxEvidence bounds the provenances and reports that one finding repeats.
const maxEvidence = 64

// fromReport starts a finding that report i led to.
func (v *view) fromReport(rule string, i int) model.Finding {
	b := v.base(i)
	f := v.finding(rule)
	f.Time, f.Boot = b.Time, b.Boot
	f.Reports = []int{i}
	f.Evidence = []model.Provenance{headerOf(b)}
	if c := b.Context; c != nil {
		cpu := c.CPU
		f.CPU = &cpu
	}
	return f
}

// finding starts a finding with what its rule's documentation gives.
func (v *view) finding(rule string) model.Finding {
	d := v.docs[rule]
	return model.Finding{Rule: rule, Status: model.Potential, Verdict: model.Bug, Severity: d.Severity,
		Confidence: model.High, Fix: slices.Clone(d.Fixes), Verify: slices.Clone(d.Verify)}
}

// blame sets the function to look at.
func blame(f *model.Finding, fr model.Frame) {
	if fr.Func == "" {
		return
	}
	f.Function, f.Module, f.File, f.Line = fr.Func, fr.Module, fr.File, fr.Line
}

// ownFix puts a fix for this very finding before the usual ones.
func ownFix(f *model.Finding, title, detail string) {
	f.Fix = append([]model.Fix{{Title: title, Detail: detail}}, f.Fix...)
}

// truncated lowers the confidence of a finding from a report that was cut.
func truncated(f *model.Finding, b *model.ReportBase) {
	if b.Truncated {
		f.Confidence = model.Low
		f.Missing = append(f.Missing, "The report is cut or damaged: the whole of it, from the console or pstore, would show the rest.")
	}
}

func lower(c, limit model.Confidence) model.Confidence {
	if limit.Rank() < c.Rank() {
		return limit
	}
	return c
}

func addReports(f *model.Finding, idx ...int) {
	f.Reports = append(f.Reports, idx...)
	slices.Sort(f.Reports)
	f.Reports = slices.Compact(f.Reports)
}

// taskInfo shows a task in a finding.
func (v *view) taskInfo(t *task) model.TaskInfo {
	info := model.TaskInfo{PID: max(t.pid, 0), Comm: t.comm, State: t.state, Seconds: t.seconds, Stack: frames(t.stack)}
	if t.cpu >= 0 {
		cpu := t.cpu
		info.CPU = &cpu
	}
	for _, e := range v.waits.WaitsOf(t.ref) {
		info.WaitsFor = v.target(e.To)
		break
	}
	if info.WaitsFor == "" && t.wait.Known {
		info.WaitsFor = waitsFor(t)
	}
	for _, e := range v.waits.HeldBy(t.ref) {
		info.Holds = append(info.Holds, v.lockName(e.From))
	}
	info.Holds = uniq(info.Holds)
	slices.Sort(info.Holds)
	return info
}

// target names what a waits edge leads to: a lock, or another task.
func (v *view) target(r model.Ref) string {
	if k := r.Kind(); k == model.KindTask || k == model.KindCPU {
		t := v.taskOf(r)
		if t.fn != "" {
			return "work item " + t.fn + " (" + t.name() + ")"
		}
		return t.name()
	}
	return v.lockName(r)
}

// say names a lock or a task in a sentence: a lock without a name is "the
// mutex".
func (v *view) say(r model.Ref) string {
	if strings.HasPrefix(r.Name(), "wanted-by-") && v.locks[r].Class == "" {
		return "the " + typeWord(v.locks[r].Type)
	}
	return v.target(r)
}

// waitsFor says in words what a stack waits for.
func waitsFor(t *task) string {
	w := t.wait
	if w.Lock != "" {
		return w.Lock
	}
	if w.Func == "" {
		return ""
	}
	if w.Sleeping {
		return "its own pause (" + waitFunc(w) + ")"
	}
	return typeWord(w.Type) + " (" + waitFunc(w) + ")"
}

// step shows an edge of the wait graph.
func (v *view) step(e model.Edge) model.PathStep {
	s := model.PathStep{Kind: e.Kind, From: v.target(e.From), To: v.target(e.To), Mode: e.Mode, Why: e.Why, At: e.Func}
	if e.From.Kind() == model.KindTask {
		t := v.taskOf(e.From)
		s.From = t.name()
		if t.wait.Caller.Func != "" {
			s.At = at(t.wait.Caller)
		}
	}
	if e.To.Kind() == model.KindTask && e.Kind == model.HeldBy {
		s.To = v.taskOf(e.To).name()
	}
	return s
}

// merge joins findings of one boot that have the same fingerprint.
func merge(fs []model.Finding) []model.Finding {
	type key struct {
		boot        model.Boot
		fingerprint string
	}
	at := map[key]int{}
	var out []model.Finding
	for _, f := range fs {
		k := key{f.Boot, f.Fingerprint}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, f)
			continue
		}
		mergeInto(&out[i], f)
	}
	return foldBare(out)
}

// foldBare joins a stall or lockup whose backtrace is missing to one of the
// same rule, boot and CPU that has it: the watchdog reports a stuck CPU again
// and again, and not always in full.
func foldBare(fs []model.Finding) []model.Finding {
	type key struct {
		rule string
		boot model.Boot
		cpu  int
	}
	full := map[key]int{}
	keyOf := func(f model.Finding) (key, bool) {
		switch f.Rule {
		case "soft-lockup", "hard-lockup", "rcu-stall":
			if f.CPU != nil && len(f.Tasks) <= 16 {
				return key{f.Rule, f.Boot, *f.CPU}, true
			}
		}
		return key{}, false
	}
	for i, f := range fs {
		if k, ok := keyOf(f); ok && f.Function != "" {
			if _, have := full[k]; !have {
				full[k] = i
			}
		}
	}
	var out []model.Finding
	var bare []int
	at := map[int]int{}
	for i, f := range fs {
		k, ok := keyOf(f)
		if _, have := full[k]; ok && have && f.Function == "" && f.Severity == model.SevError {
			bare = append(bare, i)
			continue
		}
		at[i] = len(out)
		out = append(out, f)
	}
	for _, i := range bare {
		k, _ := keyOf(fs[i])
		b := fs[i]
		b.Confidence = model.Low
		mergeInto(&out[at[full[k]]], b)
	}
	return out
}

func mergeInto(a *model.Finding, b model.Finding) {
	if len(a.History) == 0 && len(a.Reports) > 0 {
		a.History = append(a.History, model.Sighting{Time: a.Time, Report: a.Reports[0]})
	}
	if len(b.History) == 0 && len(b.Reports) > 0 {
		b.History = append(b.History, model.Sighting{Time: b.Time, Report: b.Reports[0]})
	}
	a.History = append(a.History, b.History...)
	slices.SortStableFunc(a.History, func(x, y model.Sighting) int { return x.Report - y.Report })
	addReports(a, b.Reports...)
	// The fuller of two reports of one thing tells the story.
	if b.Confidence.Rank() > a.Confidence.Rank() {
		b.History, b.Reports, b.Time = a.History, a.Reports, a.Time
		b.Evidence = append(b.Evidence, a.Evidence...)
		*a = b
	} else {
		a.Evidence = append(a.Evidence, b.Evidence...)
	}
	if len(a.Evidence) > maxEvidence {
		a.Evidence = a.Evidence[:maxEvidence]
	}
	if len(a.History) > maxEvidence {
		a.History = append(a.History[:maxEvidence/2], a.History[len(a.History)-maxEvidence/2:]...)
	}
}

// sentences joins the parts of an explanation.
func sentences(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, " ")
}
