package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"gordian/internal/evidence"
	"gordian/internal/kstack"
	"gordian/internal/lab"
	"gordian/internal/lab/explore"
	"gordian/internal/model"
)

// withRun reads the evidence, and adds what only the run knows: the schedule
// that the explored module hangs in, and that the host was too busy.
func (r *labRun) withRun(j *lab.Job, res *lab.Result, read readFunc) readFunc {
	return func(ctx context.Context, paths []string, o evidence.Options) (*model.Facts, error) {
		facts, err := read(ctx, paths, o)
		if facts == nil {
			return facts, err
		}
		if res.Stop == lab.Found && res.Starved > tooBusy {
			facts.Incomplete = append(facts.Incomplete, model.Incomplete{Reason: fmt.Sprintf(
				"the host was busy, and a CPU of the guest waited %.1f of 8 s for one of the host's: lockups and stalls of the guest may be false", res.Starved.Seconds())})
		}
		if r.explore == "" || res.Stop != lab.Found {
			return facts, err
		}
		return facts, errors.Join(err, r.addSchedule(j, res, facts))
	}
}

// tooBusy is how long a CPU of the guest may wait in 8 s, the time of its
// watchdogs, before their reports are doubtful.
const tooBusy = 4 * time.Second

func (r *labRun) addSchedule(j *lab.Job, res *lab.Result, facts *model.Facts) error {
	f, err := os.Open(r.log)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // opened for reading
	turns, err := explore.Schedule(f)
	if len(turns) > 0 {
		facts.Sections = append(facts.Sections, scheduleSection(turns, attempt(j, res.Step)))
		if r.dump == "" { // else the memory says it, and better
			addTurns(facts, turns)
		}
	}
	return err
}

// attempt is the name of the attempt that a step belongs to.
func attempt(j *lab.Job, step int) string {
	for i := min(step, len(j.Steps)-1); i >= 0; i-- {
		if strings.HasPrefix(j.Steps[i].Name, "attempt ") {
			return j.Steps[i].Name
		}
	}
	return ""
}

func scheduleSection(turns []explore.Turn, attempt string) model.Section {
	s := model.Section{
		ID: "schedule", Title: "The schedule that hangs",
		Columns: []string{"task", "holds", "taken in", "then takes", "in"},
		Notes:   []string{"Each of these tasks was held up, with its first lock, before it took the second; then all went on at once (" + attempt + ")."},
	}
	for _, t := range turns {
		s.Rows = append(s.Rows, []string{t.Task, short(t.Holds), short(t.Since), short(t.Takes), short(t.At)})
	}
	return s
}

// short leaves out of a symbol the size and the module: it is the explored one.
func short(symbol string) string {
	name, _, _ := strings.Cut(symbol, " ")
	name, _, _ = strings.Cut(name, "/")
	return name
}

// addTurns states what the helper saw: who held what, and took what next. It
// saw that before the tasks hung, so it counts only if the evidence has them
// all, each blocked or spinning where it took the second lock.
func addTurns(f *model.Facts, turns []explore.Turn) {
	tasks := map[int]*model.Task{}
	for i := range f.Tasks {
		tasks[f.Tasks[i].PID] = &f.Tasks[i] // the newest of a number
	}
	for _, t := range turns {
		task := tasks[t.PID()]
		if task == nil || kstack.Classify(task.Stack).Caller.Func != function(t.At) {
			return
		}
	}
	for _, t := range turns {
		task := tasks[t.PID()]
		wait := kstack.Classify(task.Stack)
		why := []model.Provenance{{Locator: fmt.Sprintf("line %d", t.Line), Excerpt: t.Text}}
		wants, has := model.LockRef(task.Boot, t.Takes), model.LockRef(task.Boot, t.Holds)
		f.Locks = append(f.Locks, model.Lock{Ref: wants, Boot: task.Boot, Addr: t.Takes, Type: wait.Type, Why: why[0]})
		f.Edges = append(f.Edges,
			model.Edge{Kind: model.Waits, From: task.Ref, To: wants, Mode: model.Write, Func: wait.Caller.Func, Stack: task.Stack, Why: why},
			model.Edge{Kind: model.HeldBy, From: has, To: task.Ref, Mode: model.Write, Func: function(t.Since), Why: why})
	}
}

// function is the name in "name+0x1/0x2 [module]".
func function(symbol string) string {
	name, _, _ := strings.Cut(symbol, "+")
	return name
}
