package bpf

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// Obstacles says in words what keeps programs from this kernel, as far as it
// can be seen without trying. root is "/" but in tests; machine is what
// runtime.GOARCH says.
func Obstacles(root, machine string) []string {
	var out []string
	if machine != "amd64" {
		out = append(out, "tracing is written for x86-64, and this is "+machine)
	}
	if !mayLoad(filepath.Join(root, "proc/self/status")) {
		out = append(out, "only root may load eBPF programs (CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN): use sudo; a container needs them too")
	}
	if mode := lockdown(root); mode == "confidentiality" {
		out = append(out, "the kernel is locked down (lockdown=confidentiality), so that not even root may read its memory: boot with lockdown=integrity or none")
	}
	if _, err := os.Stat(filepath.Join(root, "sys/kernel/btf/vmlinux")); errors.Is(err, fs.ErrNotExist) {
		out = append(out, "the kernel does not tell its types: no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF=y, or /sys is not mounted)")
	}
	return out
}

// Capabilities that loading takes: include/uapi/linux/capability.h.
const (
	capSysAdmin = 21
	capPerfmon  = 38
	capBPF      = 39
)

// mayLoad reads CapEff of /proc/self/status. If it is not there, nobody knows.
func mayLoad(status string) bool {
	data, err := os.ReadFile(status)
	if err != nil {
		return true
	}
	_, rest, ok := strings.Cut(string(data), "\nCapEff:")
	hex, _, _ := strings.Cut(rest, "\n")
	caps, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
	if !ok || err != nil {
		return true
	}
	has := func(c int) bool { return caps>>c&1 == 1 }
	return has(capSysAdmin) || has(capBPF) && has(capPerfmon)
}

// lockdown reads "none [integrity] confidentiality": the mode in brackets.
// Where securityfs is not mounted, the kernel's command line may tell
// (security/lockdown/lockdown.c, lockdown_param()).
func lockdown(root string) string {
	data, err := os.ReadFile(filepath.Join(root, "sys/kernel/security/lockdown"))
	if err != nil {
		line, _ := os.ReadFile(filepath.Join(root, "proc/cmdline")) // nothing read: nothing known
		for _, w := range strings.Fields(string(line)) {
			if mode, ok := strings.CutPrefix(w, "lockdown="); ok {
				return mode
			}
		}
		return ""
	}
	_, rest, _ := strings.Cut(string(data), "[")
	mode, _, _ := strings.Cut(rest, "]")
	return mode
}

// allowed tells what is in the way before the kernel only says "operation not
// permitted".
func allowed() error {
	if what := Obstacles("/", runtime.GOARCH); len(what) > 0 {
		return fmt.Errorf("eBPF cannot be used here: %s", strings.Join(what, "; "))
	}
	return nil
}

// refusal explains an EPERM that root got all the same.
const refusal = "the kernel refuses tracing programs even to root: a security module, a container's seccomp profile, or a hardened kernel"

// Followed returns what the order tier would use of this kernel, without
// loading anything: how many lock functions fentry can stop at, and which of
// them only a kprobe could.
func Followed() (functions int, left []Missing, err error) {
	spec, err := loadOrder()
	if err != nil {
		return 0, nil, fmt.Errorf("read the order programs: %w", err)
	}
	k, err := readKernel()
	if err != nil {
		return 0, nil, err
	}
	left = k.prune(spec, false)
	return len(spec.Programs), left, nil
}
