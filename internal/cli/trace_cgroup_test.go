package cli

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// A folder that is no cgroup would make the programs follow nothing, and say
// nothing.
func TestFindCgroup(t *testing.T) {
	f := traceFilter{cgroupPath: "no-such-cgroup"}
	if err := f.findCgroup(); err == nil || !strings.Contains(err.Error(), "no-such-cgroup") {
		t.Errorf("%v", err)
	}
	f = traceFilter{cgroupPath: "/sys/kernel"}
	if _, err := os.Stat(f.cgroupPath); err == nil {
		if err := f.findCgroup(); err == nil || !strings.Contains(err.Error(), "not a cgroup") {
			t.Errorf("%v", err)
		}
	}
	var fs syscall.Statfs_t
	if syscall.Statfs("/sys/fs/cgroup", &fs) != nil || fs.Type != cgroup2Magic {
		t.Skip("no cgroups of version 2 at /sys/fs/cgroup")
	}
	f = traceFilter{cgroupPath: "/"}
	if err := f.findCgroup(); err != nil || f.cgroup == 0 || f.level != 0 {
		t.Errorf("the root has the id %d and the level %d: %v", f.cgroup, f.level, err)
	}
}
