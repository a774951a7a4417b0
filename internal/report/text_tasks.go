package report

import (
	"strconv"
	"strings"

	"gordian/internal/model"
)

// tasks shows who is stuck: those in the cycle or at the root with their
// stacks, and below each the tree of those that wait behind it.
func (t *text) tasks(f *model.Finding) {
	if len(f.Tasks) == 0 {
		return
	}
	t.head("Who is involved")
	trees := waitersOf(f.Tasks)
	shown := 0
	for _, i := range trees.roots {
		t.task(f, trees, i, &shown)
	}
	t.more("  ", len(f.Tasks), shown, "task")
}

// forest holds tasks by whom they are behind.
type forest struct {
	roots  []int
	behind map[int][]int
}

// waitersOf builds the forest. Each task has one parent at most, but a saved
// document may hold anything, so a cycle of parents is cut: what cannot be
// reached from a root becomes one.
func waitersOf(tasks []model.TaskInfo) forest {
	byName := map[string]int{}
	for i := range tasks {
		if _, ok := byName[taskName(&tasks[i])]; !ok {
			byName[taskName(&tasks[i])] = i
		}
	}
	fo := forest{behind: map[int][]int{}}
	for i := range tasks {
		if p, ok := byName[tasks[i].Behind]; ok && tasks[i].Behind != "" && p != i {
			fo.behind[p] = append(fo.behind[p], i)
		} else {
			fo.roots = append(fo.roots, i)
		}
	}
	reached := map[int]bool{}
	var walk func(i int)
	walk = func(i int) {
		reached[i] = true
		for _, c := range fo.behind[i] {
			walk(c)
		}
	}
	for _, r := range fo.roots {
		walk(r)
	}
	for i := range tasks {
		if !reached[i] {
			fo.cutParent(i)
			fo.roots = append(fo.roots, i)
			walk(i)
		}
	}
	return fo
}

func (fo *forest) cutParent(i int) {
	for p, cs := range fo.behind {
		for k, c := range cs {
			if c == i {
				fo.behind[p] = append(cs[:k:k], cs[k+1:]...)
				return
			}
		}
	}
}

func (t *text) task(f *model.Finding, fo forest, i int, shown *int) {
	if !t.verbose && *shown >= fewTasks {
		return
	}
	*shown++
	t.wrap("  "+t.ink(bold, safeTask(&f.Tasks[i]))+" ", "      ", plain, taskWords(&f.Tasks[i]))
	t.stack(f.Tasks[i].Stack)
	if n := len(fo.behind[i]); n > 0 {
		t.line("    " + t.ink(dim, "behind it:"))
		t.branch(f, fo, i, "    ", shown)
	}
}

func (t *text) branch(f *model.Finding, fo forest, i int, indent string, shown *int) {
	kids := fo.behind[i]
	for n, k := range kids {
		if !t.verbose && *shown >= fewTasks {
			return
		}
		*shown++
		arm, below := "├─ ", "│  "
		if n == len(kids)-1 {
			arm, below = "└─ ", "   "
		}
		t.wrap(indent+arm+safeTask(&f.Tasks[k])+" ", indent+below+"    ", plain, taskWords(&f.Tasks[k]))
		if t.verbose {
			for _, fr := range f.Tasks[k].Stack {
				t.line(indent + below + "  " + t.ink(dim, safeLine(fr)))
			}
		}
		t.branch(f, fo, k, indent+below, shown)
	}
}

// safeTask is a task's name for a terminal.
func safeTask(t *model.TaskInfo) string { return safeLine(taskName(t)) }

// taskWords says what is known of a task, in one line after its name.
func taskWords(t *model.TaskInfo) string {
	var w []string
	if t.State != "" {
		w = append(w, "state "+safeLine(t.State))
	}
	if t.CPU != nil {
		w = append(w, "CPU "+strconv.Itoa(*t.CPU))
	}
	if t.Seconds > 0 {
		w = append(w, "for "+htmlSeconds(t.Seconds))
	}
	if t.WaitsFor != "" {
		w = append(w, "waits for "+safeLine(t.WaitsFor))
	}
	if len(t.Holds) > 0 {
		w = append(w, "holds "+safeLine(strings.Join(t.Holds, ", ")))
	}
	if len(w) == 0 {
		return ""
	}
	return "· " + strings.Join(w, " · ")
}

// stack prints the call stack. Without --verbose it leaves out what the
// unwinder only guessed ("? fn"), as long as something certain is left.
func (t *text) stack(frames []string) {
	if !t.verbose {
		sure := make([]string, 0, len(frames))
		for _, f := range frames {
			if !strings.HasPrefix(f, "? ") {
				sure = append(sure, f)
			}
		}
		if len(sure) > 0 {
			frames = sure
		}
	}
	for _, i := range t.upTo(len(frames), fewFrames) {
		t.line("      " + t.ink(dim, cut(safeLine(frames[i]), t.width-6)))
	}
	t.more("      ", len(frames), fewFrames, "frame")
}

// locks lists the locks where that says more than the proof did.
func (t *text) locks(f *model.Finding) {
	var rows [][2]string
	for _, l := range f.Locks {
		var w []string
		if l.Addr == "" && l.Owner == "" && strings.Contains(l.Name, string(l.Type)) {
			continue // it would say "mutex: a mutex"
		}
		if l.Type != "" {
			w = append(w, safeLine(string(l.Type)))
		}
		if l.Addr != "" {
			w = append(w, "at "+safeLine(l.Addr))
		}
		if l.Owner != "" {
			w = append(w, "held by "+safeLine(l.Owner))
		}
		rows = append(rows, [2]string{safeLine(l.Name), strings.Join(w, ", ")})
	}
	if len(rows) == 0 {
		return
	}
	t.head("Locks")
	for _, i := range t.upTo(len(rows), fewTasks) {
		s := rows[i][0]
		if rows[i][1] != "" {
			s += " · " + rows[i][1]
		}
		t.wrap("  ", "      ", plain, s)
	}
	t.more("  ", len(rows), fewTasks, "lock")
}
