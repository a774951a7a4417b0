package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"gordian/internal/host/files"
	"gordian/internal/host/proc"
	"gordian/internal/kconfig"
	"gordian/internal/model"
)

// State of a detector.
type State string

// States, best first.
const (
	On       State = "on"
	Off      State = "off"       // built in: a command switches it on
	NotBuilt State = "not built" // needs another kernel
	Refused  State = "refused"   // there, but not for this user
	Unknown  State = "unknown"
)

// Diagnosis is the state of one detector on this host.
type Diagnosis struct {
	Detector
	State  State
	Detail string // what the state is read from: "kernel.watchdog = 0"
}

// Tracing is what package bpf says of this kernel.
type Tracing struct {
	Obstacles []string // in words; none: programs can be loaded, as far as can be seen
	Functions int      // how many functions of locks they could follow, 0 if nobody asked
	Left      []string // those that they could not, and why
}

// Doctor looks at what this kernel can detect by itself, and at what gordian
// needs of it.
func Doctor(_ context.Context, f files.Files, t Tracing) ([]Diagnosis, error) {
	if _, err := f.Read("/proc/uptime", small); err != nil {
		return nil, fmt.Errorf("look at the host: %w (is /proc mounted?)", err)
	}
	d := &doctor{Files: f, tracing: t}
	d.config = d.readConfig()
	var out []Diagnosis
	for _, det := range Detectors() {
		s, detail := det.probe(d)
		out = append(out, Diagnosis{Detector: det, State: s, Detail: detail})
	}
	return out, nil
}

// doctor answers the questions of the probes.
type doctor struct {
	files.Files
	config  kconfig.Config // nil: the kernel's configuration was not found
	tracing Tracing
}

// readConfig looks for the configuration where kernels and distributions keep
// it.
func (d *doctor) readConfig() kconfig.Config {
	release, _ := d.text("/proc/sys/kernel/osrelease")
	for _, path := range []string{"/proc/config.gz", "/boot/config-" + release, "/lib/modules/" + release + "/config", "/usr/lib/modules/" + release + "/config"} {
		b, err := d.Read(path, 4<<20)
		if err != nil {
			continue
		}
		if f, err := kconfig.Read(bytes.NewReader(b)); err == nil {
			return f.Config
		}
	}
	return nil
}

// text returns a one-line file.
func (d *doctor) text(path string) (string, error) {
	b, err := d.Read(path, small)
	return strings.TrimSpace(string(b)), err
}

func (d *doctor) exists(path string) (State, string) {
	_, err := d.Read(path, 1)
	switch {
	case err == nil:
		return On, path
	case errors.Is(err, fs.ErrPermission):
		return Refused, path + " is refused: it is for root with all rights"
	}
	return NotBuilt, "no " + path
}

// sysctl reads a number below /proc/sys.
func (d *doctor) sysctl(name string) (int64, bool) {
	s, err := d.text("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// bySysctl: a detector that a sysctl switches off with 0.
func bySysctl(name string) func(*doctor) (State, string) {
	return func(d *doctor) (State, string) {
		n, ok := d.sysctl(name)
		switch {
		case !ok:
			return NotBuilt, "no sysctl " + name
		case n == 0:
			return Off, name + " = 0"
		}
		return On, fmt.Sprintf("%s = %d", name, n)
	}
}

// byOption: a detector that is there if the kernel was built with an option.
func byOption(name string) func(*doctor) (State, string) {
	return func(d *doctor) (State, string) {
		switch {
		case d.config == nil:
			return Unknown, "the kernel's configuration was not found"
		case d.config.On(strings.TrimPrefix(name, "CONFIG_")):
			return On, name + "=y"
		}
		return NotBuilt, name + " is not set"
	}
}

// byFile: what a file stands for. One that is missing although the kernel was
// built with it has not been mounted, or is kept from us.
func byFile(path, option string) func(*doctor) (State, string) {
	return func(d *doctor) (State, string) {
		s, detail := d.exists(path)
		if b, _ := d.Read(path, 1); s == On && len(b) == 0 {
			return Refused, path + " is empty: a container masks it"
		}
		if s == NotBuilt && option != "" && d.config.On(strings.TrimPrefix(option, "CONFIG_")) {
			return Off, detail + ", and the kernel has " + option
		}
		return s, detail
	}
}

// byParameter: a detector whose threshold is a module parameter, 0 for off.
func byParameter(path string) func(*doctor) (State, string) {
	return func(d *doctor) (State, string) {
		s, err := d.text(path)
		switch {
		case err != nil:
			return NotBuilt, "no " + path
		case s == "0":
			return Off, path + " = 0"
		}
		return On, path + " = " + s
	}
}

func probeLockdep(d *doctor) (State, string) {
	b, err := d.Read("/proc/lockdep_stats", small)
	if errors.Is(err, fs.ErrPermission) {
		return Refused, "/proc/lockdep_stats is for root"
	}
	s, err := proc.ParseLockdepStats(b)
	switch {
	case err != nil:
		return NotBuilt, "no /proc/lockdep_stats"
	case !s.On:
		return Off, "debug_locks: 0: it switched itself off at its first report or for want of room, until the next boot"
	}
	return On, "debug_locks: 1"
}

func probeLockStat(d *doctor) (State, string) {
	if s, detail := d.exists("/proc/lock_stat"); s != On {
		return s, detail
	}
	return bySysctl("kernel.lock_stat")(d)
}

func probeKdump(d *doctor) (State, string) {
	s, err := d.text("/sys/kernel/kexec_crash_loaded")
	switch {
	case err != nil:
		return NotBuilt, "no /sys/kernel/kexec_crash_loaded"
	case s == "1":
		return On, "a crash kernel is loaded"
	}
	size, _ := d.text("/sys/kernel/kexec_crash_size")
	if size == "0" {
		return Off, "no memory is set aside for a crash kernel"
	}
	return Off, "memory is set aside, but no crash kernel is loaded"
}

// probeSysrq: SysRq-w, -l and -t write stacks to the log
// (Documentation/admin-guide/sysrq.rst: bit 8 permits dumps of processes).
func probeSysrq(d *doctor) (State, string) {
	n, ok := d.sysctl("kernel.sysrq")
	switch {
	case !ok:
		return NotBuilt, "no sysctl kernel.sysrq"
	case n == 1 || n&8 != 0:
		return On, fmt.Sprintf("kernel.sysrq = %d (root may always write to /proc/sysrq-trigger)", n)
	}
	return Off, fmt.Sprintf("kernel.sysrq = %d: not from the keyboard (root may always write to /proc/sysrq-trigger)", n)
}

// probeLockdown: in confidentiality mode the kernel refuses to let even root
// read its memory, by /proc/kcore or by BPF (security/lockdown/lockdown.c).
func probeLockdown(d *doctor) (State, string) {
	s, err := d.text("/sys/kernel/security/lockdown")
	switch {
	case err != nil:
		line, _ := d.text("/proc/cmdline")
		if slices.Contains(strings.Fields(line), "lockdown=confidentiality") { // securityfs is not mounted
			return Refused, "lockdown=confidentiality, by the kernel's command line"
		}
		return On, "no lockdown was recognised"
	case strings.Contains(s, "[confidentiality]"):
		return Refused, "lockdown=confidentiality: neither /proc/kcore nor BPF may read the kernel's memory"
	case strings.Contains(s, "[integrity]"):
		return On, "lockdown=integrity: reading is allowed"
	}
	return On, "lockdown is off"
}

// rights are the capabilities that gordian uses, by their bit
// (include/uapi/linux/capability.h).
func rights() []struct {
	bit  uint
	name string
} {
	return []struct {
		bit  uint
		name string
	}{{19, "CAP_SYS_PTRACE"}, {21, "CAP_SYS_ADMIN"}, {34, "CAP_SYSLOG"}, {38, "CAP_PERFMON"}, {39, "CAP_BPF"}}
}

// probeBPF tells what package bpf found in its way.
func probeBPF(d *doctor) (State, string) {
	t := d.tracing
	switch {
	case len(t.Obstacles) > 0:
		return Refused, strings.Join(t.Obstacles, "; ")
	case len(t.Left) > 0:
		return On, fmt.Sprintf("%d functions of locks can be followed; not: %s", t.Functions, strings.Join(t.Left, ", "))
	case t.Functions > 0:
		return On, fmt.Sprintf("%d functions of locks can be followed", t.Functions)
	}
	return On, "nothing stands in the way"
}

func probeRights(d *doctor) (State, string) {
	b, err := d.Read("/proc/self/status", small)
	if err != nil {
		return Unknown, "no /proc/self/status"
	}
	for l := range strings.Lines(string(b)) {
		value, ok := strings.CutPrefix(l, "CapEff:")
		if !ok {
			continue
		}
		have, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
		if err != nil {
			break
		}
		var lack []string
		for _, r := range rights() {
			if have&(1<<r.bit) == 0 {
				lack = append(lack, r.name)
			}
		}
		if len(lack) == 0 {
			return On, "all capabilities that gordian uses"
		}
		return Refused, "without " + strings.Join(lack, ", ")
	}
	return Unknown, "/proc/self/status does not say"
}

// probeContainer: in a container /proc shows only its own tasks, and BPF and
// /proc/kcore are usually refused.
func probeContainer(d *doctor) (State, string) {
	for _, mark := range []string{"/.dockerenv", "/run/.containerenv"} {
		if s, _ := d.exists(mark); s == On {
			return Refused, "this is a container (" + mark + "): it sees its own tasks only"
		}
	}
	group, _ := d.text("/proc/1/cgroup")
	for _, word := range []string{"docker", "kubepods", "lxc", "containerd"} {
		if strings.Contains(group, word) {
			return Refused, "this is a container (/proc/1/cgroup): it sees its own tasks only"
		}
	}
	return On, "no container was recognised"
}

// DoctorSections shows the state of each detector, then what to do about
// those that are not on.
func DoctorSections(ds []Diagnosis) []model.Section {
	var out []model.Section
	for _, group := range []struct{ id, title string }{{kernelGroup, "What this kernel detects by itself"}, {gordianGroup, "What gordian needs of it"}} {
		s := model.Section{ID: group.id, Title: group.title, Columns: []string{"detector", "state", "read from"}}
		for _, d := range ds {
			if d.Group != group.id {
				continue
			}
			s.Rows = append(s.Rows, []string{d.Name, string(d.State), d.Detail})
			if d.State != On {
				s.Notes = append(s.Notes, d.advice())
			}
		}
		out = append(out, s)
	}
	return slices.DeleteFunc(out, func(s model.Section) bool { return len(s.Rows) == 0 })
}

func (d Diagnosis) advice() string {
	how := d.Enable
	if d.State == NotBuilt && d.Build != "" {
		how = "needs a kernel with " + d.Build
	}
	s := d.Name + " (" + string(d.State) + "): it would show " + d.Catches + ". To have it: " + how + "."
	if d.Cost != "" {
		s += " Cost: " + d.Cost + "."
	}
	return s
}
