package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"gordian/internal/kcore"
)

func corePs() coreSub {
	return coreSub{name: "ps", args: "[-D] [PID|NAME...]", short: "tasks, their state, and what they wait for (-D: those that are blocked)", run: runCorePs}
}

func runCorePs(ctx context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	blocked := fs.BoolP("blocked", "D", false, "only tasks in state D")
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
		if !*blocked || t.State == "D" {
			views = append(views, newTaskView(st, t, false))
		}
	}
	return coreAnswer{value: views, text: func(w io.Writer) { printTasks(w, views) }}, nil
}

// pick returns the tasks that are named by pid, by the address of their
// task_struct, or by a part of their name; all if none is.
func pick(st *kcore.State, args []string) ([]*kcore.Task, error) {
	if len(args) == 0 {
		return st.Tasks, nil
	}
	var out []*kcore.Task
	for _, arg := range args {
		pid, numErr := strconv.Atoi(arg)
		addr, addrErr := strconv.ParseUint(strings.TrimPrefix(arg, "0x"), 16, 64)
		found := len(out)
		for _, t := range st.Tasks {
			if numErr == nil && t.PID == pid || addrErr == nil && t.Addr == addr || numErr != nil && strings.Contains(t.Comm, arg) {
				out = append(out, t)
			}
		}
		if len(out) == found {
			return nil, fmt.Errorf("no task has the pid, address or name %q", arg)
		}
	}
	return out, nil
}

func printTasks(w io.Writer, tasks []taskView) {
	fmt.Fprintf(w, "  %7s %7s %4s %-2s %10s  %-18s %s\n", "PID", "TGID", "CPU", "ST", "NOT RUN", "NAME", "WAITS FOR")
	for i := range tasks {
		v := &tasks[i]
		mark := " "
		if v.Running {
			mark = ">" // as crash marks what its CPU executes
		}
		line := fmt.Sprintf("%s %7d %7d %4d %-2s %10s  %-18s", mark, v.PID, v.TGID, v.CPU, v.State, v.blocked(), v.name())
		if v.WaitsFor != nil {
			line += fmt.Sprintf(" %s (%s)", v.WaitsFor.Name, v.WaitsFor.Type)
		}
		fmt.Fprintln(w, safe(strings.TrimRight(line, " ")))
	}
}
