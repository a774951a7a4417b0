package vm

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Waited returns, for each thread of QEMU, how long it has been ready to run
// and not been let: the second number of schedstat
// (Documentation/scheduler/sched-stats.rst). Empty where the kernel counts nothing.
func (m *Machine) Waited() map[string]time.Duration {
	out := map[string]time.Duration{}
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/[0-9]*/schedstat", m.proc.Pid))
	if err != nil {
		return out
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		if words := strings.Fields(string(b)); len(words) == 3 {
			if ns, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				out[f] = time.Duration(ns)
			}
		}
	}
	return out
}
