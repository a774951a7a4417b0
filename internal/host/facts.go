package host

import (
	"strconv"

	"gordian/internal/hostfact"
	"gordian/internal/model"
)

// stuckAfter is how long a task must be blocked before it counts as stuck, in
// seconds. Every busy host has tasks in state D for a moment; the kernel's own
// watchdog waits for 120 s, which is longer than a person at a prompt.
const stuckAfter = 10

// Facts adds what a look at the host says of tasks: each blocked one with its
// stack. It says of no lock who holds it: procfs does not.
func Facts(h *hostfact.Host, f *model.Facts) {
	input := len(f.Inputs)
	f.Inputs = append(f.Inputs, model.Input{Path: "/proc", Kind: model.InputHost, Format: "Linux " + h.Kernel})
	boot := f.LastBoot()
	for _, b := range h.Blocked {
		f.Tasks = append(f.Tasks, model.Task{
			Ref: model.TaskRef(boot, b.PID, b.Comm), Boot: boot, PID: b.PID, Comm: b.Comm, State: "D", CPU: b.CPU,
			Seconds: int(b.Seconds), Stuck: b.Seconds >= stuckAfter, Stack: b.Stack,
			Why: model.Provenance{Input: input, Locator: "/proc/" + strconv.Itoa(b.PID) + "/stack", Excerpt: excerpt(b)},
		})
	}
	f.Count("tasks", int64(h.Load.Tasks))
	f.Count("blocked_tasks", int64(len(h.Blocked)))
	f.Sections = append(f.Sections, Sections(h)...)
	for _, u := range h.Unseen {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: "not seen: " + u.What + " (" + u.Why + "; " + u.Remedy + ")"})
	}
}

func excerpt(b hostfact.Blocked) string {
	if len(b.Stack) > 0 {
		return b.Stack[0].String()
	}
	return b.Wchan
}
