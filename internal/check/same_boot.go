package check

import (
	"slices"

	"gordian/internal/model"
)

// sameBoot takes out what two pieces of evidence of one boot both say: a dump
// has the kernel's log inside, and people hand in both. What the dump says
// stays: it has read who holds what, where a log can only infer it.
//
// Boots are one if a report stands in both, with its header and its time, to
// the microsecond.
func (v *view) sameBoot(fs []model.Finding) []model.Finding {
	twins := v.bootsOfDumps()
	if len(twins) == 0 {
		return fs
	}
	var out []model.Finding
	said := map[model.Boot][]int{} // by the boot of a dump: findings in out
	for _, f := range fs {
		if v.dumped[f.Boot] {
			said[f.Boot] = append(said[f.Boot], len(out))
			out = append(out, f)
		}
	}
	for _, f := range fs {
		if v.dumped[f.Boot] {
			continue
		}
		dump, ok := twins[f.Boot]
		at := slices.IndexFunc(said[dump], func(i int) bool { return saysAll(&out[i], &f) })
		if !ok || at < 0 {
			out = append(out, f)
			continue
		}
		addReports(&out[said[dump][at]], f.Reports...)
	}
	return out
}

// bootsOfDumps maps boots of logs to those of dumps of the same boot.
func (v *view) bootsOfDumps() map[model.Boot]model.Boot {
	if len(v.dumped) == 0 {
		return nil
	}
	type key struct{ header, time string }
	dumps := map[key]model.Boot{}
	for i := range v.facts.Reports {
		if b := v.base(i); b.Time != "" && v.dumped[b.Boot] {
			dumps[key{b.Header, b.Time}] = b.Boot
		}
	}
	twins := map[model.Boot]model.Boot{}
	for i := range v.facts.Reports {
		b := v.base(i)
		if dump, ok := dumps[key{b.Header, b.Time}]; ok && !v.dumped[b.Boot] {
			twins[b.Boot] = dump
		}
	}
	return twins
}

// saysAll reports whether a, of a dump, leaves nothing of b untold: the same
// finding, or a hang that all tasks of b's hang are in.
func saysAll(a, b *model.Finding) bool {
	if a.Status != b.Status {
		return false
	}
	if a.Fingerprint == b.Fingerprint {
		return true
	}
	if a.Status != model.Actual || len(b.Tasks) == 0 || !blocks(a.Rule) || !blocks(b.Rule) {
		return false
	}
	for _, t := range b.Tasks {
		if !slices.ContainsFunc(a.Tasks, func(o model.TaskInfo) bool { return o.PID == t.PID && o.Comm == t.Comm }) {
			return false
		}
	}
	return true
}

// blocks reports whether the findings of a rule are about tasks that wait.
func blocks(rule string) bool {
	switch rule {
	case "deadlock", "wait-under-lock", "hung-task", "orphaned-lock":
		return true
	}
	return false
}
