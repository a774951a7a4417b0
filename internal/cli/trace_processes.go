package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
)

// processes is what the user named: process ids, and names or cgroups that
// stand for several.
type processes struct {
	pids   pidList
	comms  []string
	cgroup string
}

func (p *processes) addFlags(c *cobra.Command) {
	c.Flags().VarP(&p.pids, "pid", "p", "look at process `PID` (repeatable)")
	c.Flags().StringSliceVar(&p.comms, "comm", nil, "look at all processes of this `NAME`")
	c.Flags().StringVar(&p.cgroup, "cgroup", "", "look at all processes of this cgroup (v2): its `PATH`")
}

// maxProcesses bounds what is looked at in one go.
const maxProcesses = 256

// list returns the process ids, each once, in order.
func (p *processes) list() ([]int, error) {
	out := slices.Clone([]int(p.pids))
	if len(p.comms) > 0 {
		found, err := byName(p.comms)
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, fmt.Errorf("--comm %s: no process has this name", strings.Join(p.comms, ","))
		}
		out = append(out, found...)
	}
	if p.cgroup != "" {
		found, err := inCgroup(p.cgroup)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > maxProcesses {
		return nil, fmt.Errorf("%d processes are more than the %d that are looked at together", len(out), maxProcesses)
	}
	return out, nil
}

// byName finds the processes whose name, as in /proc/PID/comm, is one of names.
func byName(names []string) ([]int, error) {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("--comm: %w", err)
	}
	var out []int
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		comm, err := os.ReadFile(filepath.Join("/proc", d.Name(), "comm"))
		if err == nil && slices.ContainsFunc(names, func(n string) bool { return cutComm(n) == string(bytes.TrimSuffix(comm, []byte("\n"))) }) {
			out = append(out, pid)
		}
	}
	return out, nil
}

// cutComm cuts a name as the kernel does (include/linux/sched.h, TASK_COMM_LEN).
func cutComm(name string) string { return name[:min(len(name), 15)] }

func inCgroup(path string) ([]int, error) {
	if !strings.HasPrefix(path, "/sys/") {
		path = filepath.Join("/sys/fs/cgroup", path)
	}
	data, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
	if err != nil {
		return nil, fmt.Errorf("--cgroup: %w", fileError(path, err))
	}
	var out []int
	for _, f := range strings.Fields(string(data)) {
		if pid, err := strconv.Atoi(f); err == nil && pid > 0 && pid != os.Getpid() {
			out = append(out, pid)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("--cgroup %s: it has no process", path)
	}
	return out, nil
}

// pidList is a flag: "-p 1 -p 2" or "-p 1,2".
type pidList []int

func (l *pidList) Type() string { return "PID" }

func (l *pidList) String() string {
	var out []string
	for _, n := range *l {
		out = append(out, strconv.Itoa(n))
	}
	return strings.Join(out, ",")
}

func (l *pidList) Set(s string) error {
	for f := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(f))
		if err != nil || n <= 0 {
			return errors.New("a process id is a number above 0; `pidof NAME` prints that of a program, and --comm NAME takes all of a name")
		}
		*l = append(*l, n)
	}
	return nil
}
