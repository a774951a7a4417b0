package report

import (
	"fmt"
	"strings"

	"gordian/internal/model"
)

// htmlHeadline answers the first question, "what is stuck?", in one sentence,
// and adds the rest in further ones.
func htmlHeadline(d *model.Document) (head string, rest []string) {
	count := map[model.Verdict]int{}
	for _, f := range d.Findings {
		count[f.Verdict]++
	}
	if n := count[model.Deadlocked]; n > 0 {
		rest = append(rest, htmlDeadlocked(d, n))
	}
	say := func(v model.Verdict, one, many string) {
		if n := count[v]; n == 1 {
			rest = append(rest, "1 "+one)
		} else if n > 1 {
			rest = append(rest, fmt.Sprintf("%d %s", n, many))
		}
	}
	say(model.CouldDeadlock, "place could deadlock", "places could deadlock")
	say(model.Behind, "finding shows tasks behind a blocker that is in no cycle", "findings show tasks behind a blocker that is in no cycle")
	say(model.BlockedOnIO, "finding is blocked on I/O, not deadlocked", "findings are blocked on I/O, not deadlocked")
	say(model.Slow, "finding is slow or starved, with no lock cycle seen", "findings are slow or starved, with no lock cycle seen")
	say(model.Bug, "locking rule was broken", "locking rules were broken")
	say(model.Undecided, "finding is undecided: the evidence does not say", "findings are undecided: the evidence does not say")
	switch {
	case len(rest) > 0:
		return rest[0], rest[1:]
	case len(d.Findings) > 0:
		return htmlCount(len(d.Findings), "finding"), nil
	case len(d.Incomplete) > 0:
		return "Nothing found, but part of the evidence could not be used", nil
	}
	return "Nothing found", nil
}

// htmlDeadlocked counts what is in the cycles, not what waits behind them.
func htmlDeadlocked(d *model.Document, findings int) string {
	tasks, cpus := map[string]bool{}, map[string]bool{}
	for _, f := range d.Findings {
		if f.Verdict != model.Deadlocked {
			continue
		}
		for name := range htmlStuck(&f) {
			key := string(f.Boot) + "\x00" + name
			if strings.HasPrefix(name, "CPU") {
				cpus[key] = true
			} else {
				tasks[key] = true
			}
		}
	}
	var who []string
	if len(tasks) > 0 {
		who = append(who, htmlCount(len(tasks), "task"))
	}
	if len(cpus) > 0 {
		who = append(who, htmlCount(len(cpus), "CPU"))
	}
	if len(who) == 0 {
		who = append(who, htmlCount(findings, "place"))
	}
	verb := " are deadlocked"
	if len(tasks)+len(cpus) == 1 || len(tasks)+len(cpus) == 0 && findings == 1 {
		verb = " is deadlocked"
	}
	return strings.Join(who, " and ") + verb
}

// htmlStuck names the tasks (or CPUs) of a cycle; without a cycle those of the
// whole path; without a path those that wait behind nobody.
func htmlStuck(f *model.Finding) map[string]bool {
	path, _ := htmlCycle(f.Path)
	if len(path) == 0 {
		path = f.Path
	}
	stuck := map[string]bool{}
	for _, s := range path {
		switch s.Kind {
		case model.Waits:
			stuck[s.From] = true
		case model.HeldBy:
			stuck[s.To] = true
		}
	}
	if len(stuck) == 0 {
		for i := range f.Tasks {
			if f.Tasks[i].Behind == "" {
				stuck[htmlTaskName(&f.Tasks[i])] = true
			}
		}
	}
	return stuck
}

func htmlTaskName(t *model.TaskInfo) string { return fmt.Sprintf("%s/%d", t.Comm, t.PID) }

// htmlBadge is one labelled judgement. Class is one of ours, never a word of
// the document.
type htmlBadge struct{ Label, Value, Class string }

func htmlSeverity(s model.Severity) htmlBadge {
	b := htmlBadge{"severity", string(s), "is-plain"}
	switch s {
	case model.SevError:
		b.Class = "is-error"
	case model.SevWarning:
		b.Class = "is-warning"
	case model.SevNote:
		b.Class = "is-note"
	}
	return b
}

func htmlVerdict(v model.Verdict) htmlBadge {
	word := map[model.Verdict]string{
		model.Deadlocked: "deadlocked", model.CouldDeadlock: "could deadlock", model.Behind: "behind a blocker",
		model.BlockedOnIO: "blocked on I/O", model.Slow: "slow", model.Bug: "locking bug", model.Undecided: "undecided",
	}[v]
	if word == "" {
		word = string(v)
	}
	class := "is-plain"
	if v == model.Deadlocked {
		class = "is-error"
	}
	return htmlBadge{"verdict", word, class}
}

func htmlStatus(s model.Status) htmlBadge {
	word := string(s)
	switch s {
	case model.Actual:
		word = "actual: happening now"
	case model.Potential:
		word = "potential: could happen"
	}
	return htmlBadge{"status", word, "is-plain"}
}
