package report

import (
	"fmt"
	"maps"
	"strings"

	"gordian/internal/model"
)

// headline answers the first question, "what is stuck?", in one sentence, and
// adds the rest in further ones. Text and HTML begin with it.
func headline(d *model.Document) (head string, rest []string) {
	c := newCensus(d)
	for _, s := range []string{
		c.deadlocked(),
		c.say(model.CouldDeadlock, "place could deadlock", "places could deadlock"),
		c.tasksOr(model.Behind, "waits behind a blocker that is in no cycle", "wait behind a blocker that is in no cycle"),
		c.tasksOr(model.BlockedOnIO, "is blocked on I/O, not deadlocked", "are blocked on I/O, not deadlocked"),
		c.say(model.Slow, "stall with no lock cycle seen", "stalls with no lock cycle seen"),
		c.tasksOr(model.Undecided, "hangs, and the evidence does not say who holds what it waits for", "hang, and the evidence does not say who holds what they wait for"),
		c.say(model.Bug, "locking rule was broken", "locking rules were broken"),
	} {
		if s != "" {
			rest = append(rest, s)
		}
	}
	switch {
	case len(rest) > 0:
		return rest[0], rest[1:]
	case len(d.Findings) > 0:
		return count(len(d.Findings), "finding"), nil
	case ofSource(d):
		return nothingInSource(d), nil
	case d.Stats["detectors"] > 0: // a look at a host's means, not at its state
		return fmt.Sprintf("%d of %s are on", d.Stats["detectors_on"], count(int(d.Stats["detectors"]), "detector")), nil
	case len(d.Incomplete) > 0:
		return "Nothing found, but part of the evidence could not be used", nil
	case len(d.Reports) == 0 && len(d.Inputs) > 0 && len(d.Sections) == 0:
		return "Nothing found: no kernel report about a hang or a lock is in the evidence", nil
	}
	return "Nothing found", nil
}

// census counts findings by verdict, and the tasks and CPUs in them. What is
// deadlocked is counted as that only.
type census struct {
	findings map[model.Verdict]int
	tasks    map[model.Verdict]map[string]bool // each once, by boot and name
	cpus     map[model.Verdict]map[string]bool
	nameless map[model.Verdict]int // findings that name neither
}

func newCensus(d *model.Document) *census {
	c := &census{findings: map[model.Verdict]int{}, tasks: map[model.Verdict]map[string]bool{}, cpus: map[model.Verdict]map[string]bool{}, nameless: map[model.Verdict]int{}}
	for i := range d.Findings {
		f := &d.Findings[i]
		c.findings[f.Verdict]++
		if c.tasks[f.Verdict] == nil {
			c.tasks[f.Verdict], c.cpus[f.Verdict] = map[string]bool{}, map[string]bool{}
		}
		names := stuckIn(f)
		if len(names) == 0 {
			c.nameless[f.Verdict]++
		}
		for name := range names {
			name = strings.TrimPrefix(name, "interrupt on ")
			key := string(f.Boot) + "\x00" + name
			if strings.HasPrefix(name, "CPU") {
				c.cpus[f.Verdict][key] = true
			} else {
				c.tasks[f.Verdict][key] = true
			}
		}
	}
	for _, by := range []map[model.Verdict]map[string]bool{c.tasks, c.cpus} {
		for v, names := range by {
			if v != model.Deadlocked {
				maps.DeleteFunc(names, func(name string, _ bool) bool { return by[model.Deadlocked][name] })
			}
		}
	}
	return c
}

// deadlocked counts what is in the cycles, not what waits behind them.
func (c *census) deadlocked() string {
	findings, tasks, cpus := c.findings[model.Deadlocked], len(c.tasks[model.Deadlocked]), len(c.cpus[model.Deadlocked])
	if findings == 0 {
		return ""
	}
	var who []string
	if tasks > 0 {
		who = append(who, count(tasks, "task"))
	}
	if cpus > 0 {
		who = append(who, count(cpus, "CPU"))
	}
	if len(who) == 0 {
		who = append(who, count(findings, "place"))
	}
	if tasks+cpus == 1 || tasks+cpus == 0 && findings == 1 {
		return strings.Join(who, " and ") + " is deadlocked"
	}
	return strings.Join(who, " and ") + " are deadlocked"
}

func (c *census) say(v model.Verdict, one, many string) string {
	switch n := c.findings[v]; n {
	case 0:
		return ""
	case 1:
		return "1 " + one
	default:
		return fmt.Sprintf("%d %s", n, many)
	}
}

// tasksOr counts tasks, and CPUs where no task is named.
func (c *census) tasksOr(v model.Verdict, one, many string) string {
	tasks, cpus := len(c.tasks[v]), len(c.cpus[v])
	var who []string
	if tasks > 0 {
		who = append(who, count(tasks, "task"))
	}
	if cpus > 0 {
		who = append(who, count(cpus, "CPU"))
	}
	switch {
	case len(who) == 0 && c.nameless[v] == 0:
		return ""
	case len(who) == 0:
		return count(c.nameless[v], "finding") + " without a task or CPU: the evidence does not say enough"
	case tasks+cpus == 1:
		return who[0] + " " + one
	}
	return strings.Join(who, " and ") + " " + many
}

// stuckIn names the tasks (or CPUs) that a finding is about: those of a
// deadlock's cycle; those behind a blocker; else those that wait.
func stuckIn(f *model.Finding) map[string]bool {
	stuck := map[string]bool{}
	if f.Verdict == model.Behind {
		for i := range f.Tasks {
			if f.Tasks[i].Behind != "" {
				stuck[taskName(&f.Tasks[i])] = true
			}
		}
		if len(stuck) > 0 {
			return stuck
		}
	}
	path, _ := htmlCycle(f.Path)
	if len(path) == 0 {
		path = f.Path
	}
	for _, s := range path {
		switch {
		case s.Kind == model.Waits:
			stuck[s.From] = true
		case s.Kind == model.HeldBy && f.Verdict == model.Deadlocked:
			stuck[s.To] = true
		}
	}
	if len(stuck) == 0 {
		for i := range f.Tasks {
			if f.Tasks[i].Behind == "" {
				stuck[taskName(&f.Tasks[i])] = true
			}
		}
	}
	return stuck
}

func taskName(t *model.TaskInfo) string { return fmt.Sprintf("%s/%d", t.Comm, t.PID) }
