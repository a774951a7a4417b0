package cli

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/pflag"
)

func coreBt() coreSub {
	return coreSub{name: "bt", args: "[-a|-D] [PID|NAME...]", short: "stacks: of what runs on the CPUs (-a), of blocked tasks (-D, the default), of a task", run: runCoreBt}
}

func runCoreBt(ctx context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	cpus := fs.BoolP("cpus", "a", false, "what each CPU executes")
	blocked := fs.BoolP("blocked", "D", false, "all tasks in state D")
	args, err := parseCore(fs, args, 0, 1000)
	if err != nil {
		return coreAnswer{}, err
	}
	st, err := s.state(ctx)
	if err != nil {
		return coreAnswer{}, err
	}
	tasks, err := pick(st, args)
	if err != nil {
		return coreAnswer{}, err
	}
	views := []taskView{}
	for _, t := range tasks {
		if len(args) > 0 && !*cpus && !*blocked || *cpus && t.Running || (*blocked || !*cpus) && t.State == "D" {
			views = append(views, newTaskView(st, t, true))
		}
	}
	return coreAnswer{value: views, text: func(w io.Writer) { printStacks(w, views) }}, nil
}

func printStacks(w io.Writer, tasks []taskView) {
	if len(tasks) == 0 {
		fmt.Fprintln(w, "no such task: `ps` lists all")
	}
	for i := range tasks {
		v := &tasks[i]
		if i > 0 {
			fmt.Fprintln(w)
		}
		running := ""
		if v.Running {
			running = " (running)"
		}
		fmt.Fprintln(w, safe(fmt.Sprintf("PID: %d  TASK: %s  CPU: %d  STATE: %s%s  NOT RUN: %s  COMMAND: %q", v.PID, v.Addr, v.CPU, v.State, running, v.blocked(), v.Comm)))
		printWaits(w, v)
		for n, f := range v.Stack {
			fmt.Fprintln(w, safe(fmt.Sprintf(" #%-2d [%s] %s at %s", n, f.SP, f.Func, f.PC)))
			if f.Trap {
				fmt.Fprintln(w, "     --- interrupted here ---")
			}
		}
		if v.StackErr != "" {
			fmt.Fprintln(w, "     the stack cannot be followed further: "+safe(v.StackErr))
		}
	}
}

func printWaits(w io.Writer, v *taskView) {
	if v.WaitsFor != nil {
		fmt.Fprintln(w, safe(fmt.Sprintf("  waits for %s (%s, %s)", v.WaitsFor.Name, v.WaitsFor.Type, v.WaitsFor.Addr)))
	}
	for _, l := range v.Holds {
		fmt.Fprintln(w, safe(fmt.Sprintf("  holds %s (%s, %s)", l.Name, l.Type, l.Addr)))
	}
	if v.Work != "" {
		fmt.Fprintln(w, safe("  runs the work "+v.Work))
	}
}
