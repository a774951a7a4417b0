package check

import (
	"slices"
	"strings"

	"gordian/internal/model"
)

// maxRelated bounds the ties of one finding.
const maxRelated = 8

// relate ties findings of one boot that are about the same thing, both ways:
// what could deadlock (a lockdep report) with what did, and stalls with the
// lock problems behind them. A splat about the same locks makes a deadlock
// that was partly inferred surer.
func relate(v *view, fs []model.Finding) {
	keys := map[string][]int{} // boot + class, task or place → findings
	for i := range fs {
		for _, k := range tieKeys(&fs[i]) {
			if l := keys[k.text]; len(l) < 32 {
				keys[k.text] = append(l, i)
			}
		}
	}
	for i := range fs {
		seen := map[int]bool{i: true}
		for _, k := range tieKeys(&fs[i]) {
			for _, j := range keys[k.text] {
				if !seen[j] {
					seen[j] = true
					tie(v, &fs[i], &fs[j], k.what)
				}
			}
		}
	}
	graceWaits(fs)
}

type tieKey struct{ text, what string }

func firstReport(f *model.Finding) int { return first(f.Reports) }

func tieKeys(f *model.Finding) []tieKey {
	var out []tieKey
	add := func(kind, name, what string) {
		if name != "" {
			out = append(out, tieKey{string(f.Boot) + "\x00" + kind + "\x00" + name, what})
		}
	}
	for _, l := range f.Locks {
		add("lock", l.Name, "the same lock, "+l.Name)
	}
	for _, t := range f.Tasks {
		if t.PID > 0 && t.Behind == "" {
			add("task", t.Comm+"/"+itoa(t.PID), "the same task, "+label(t.Comm, t.PID))
		}
	}
	if f.Module != "" {
		add("fn", f.Module+":"+f.Function, "the same function, "+f.Function+"()")
	}
	return out
}

// tie adds b to a's relations where the one helps to understand the other.
func tie(v *view, a, b *model.Finding, what string) {
	if len(a.Related) >= maxRelated || a.Fingerprint == b.Fingerprint {
		return
	}
	how := ""
	switch {
	case a.Status == model.Actual && b.Status == model.Potential:
		how = "reported " + pick(firstReport(b) <= firstReport(a), "before", "after") + " this on " + what + ": what could happen there, and did"
		if isHang(a.Rule) && !slices.Contains(a.Reports, firstReport(b)) && v.sameLocks(a, b) {
			a.Confidence = raise(a)
		}
	case a.Status == model.Potential && b.Status == model.Actual:
		how = "happened, on " + what
	default:
		how = "about " + what
	}
	a.Related = append(a.Related, model.Relation{Fingerprint: b.Fingerprint, Rule: b.Rule, How: how})
}

func isHang(rule string) bool { return rule == "deadlock" || rule == "wait-under-lock" }

// sameLocks reports whether the path of the splat b runs through the
// functions, or the locks, of the hang a: at least two of them.
func (v *view) sameLocks(a, b *model.Finding) bool {
	names := map[string]bool{}
	for _, l := range b.Locks {
		names[l.Name] = true
	}
	for _, s := range b.Path {
		names[s.At] = true
	}
	n := 0
	var mine []string
	for _, l := range a.Locks {
		mine = append(mine, l.Name)
	}
	for _, s := range a.Path {
		mine = append(mine, s.At)
	}
	for _, m := range uniq(mine) {
		if names[m] {
			n++
		}
	}
	return n >= 2
}

// raise: a hint stays a hint, whatever agrees with it.
func raise(f *model.Finding) model.Confidence {
	if f.Confidence == model.Low || f.Verdict == model.Undecided {
		return model.Medium
	}
	return model.High
}

// graceWaits ties tasks that wait for a grace period to the stalls and
// lockups of the same boot: the stuck CPU is why the grace period cannot end.
func graceWaits(fs []model.Finding) {
	stuck := map[model.Boot][]int{}
	for i := range fs {
		switch fs[i].Rule {
		case "rcu-stall", "soft-lockup", "hard-lockup", "irq-unsafe-lock", "deadlock":
			if fs[i].Status == model.Actual && fs[i].CPU != nil || fs[i].Rule == "rcu-stall" {
				stuck[fs[i].Boot] = append(stuck[fs[i].Boot], i)
			}
		}
	}
	for i := range fs {
		f := &fs[i]
		if f.Rule != "hung-task" || !slices.ContainsFunc(f.Tasks, func(t model.TaskInfo) bool { return isGrace(t.WaitsFor) }) {
			continue
		}
		for n, j := range stuck[f.Boot] {
			if n == 4 {
				break
			}
			f.Related = append(f.Related, model.Relation{Fingerprint: fs[j].Fingerprint, Rule: fs[j].Rule,
				How: "keeps the grace period from ending that these tasks wait for"})
		}
		if len(stuck[f.Boot]) > 0 {
			f.Verdict = model.Behind
			f.Explanation = strings.Replace(f.Explanation, openEnd, "", 1)
			f.Explanation += " A CPU of this machine is stuck (see the related finding), and a grace period cannot end without it: these tasks are its victims."
		}
	}
}

func isGrace(s string) bool {
	return len(s) > len("RCU grace period") && s[:len("RCU grace period")] == "RCU grace period"
}
