package host

import (
	"context"
	"strings"
	"testing"
)

func diagnose(t *testing.T, w *tree) map[string]Diagnosis {
	t.Helper()
	ds, err := Doctor(context.Background(), w, Tracing{Obstacles: []string{"no eBPF: too old"}})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Diagnosis{}
	for _, d := range ds {
		out[d.Name] = d
	}
	return out
}

func TestDoctor(t *testing.T) {
	w := healthy()
	w.text["/boot/config-6.1.0-test"] = "CONFIG_FPROBE=y\n# CONFIG_DEBUG_ATOMIC_SLEEP is not set\n"
	w.text["/proc/sys/kernel/soft_watchdog"] = "0\n"
	w.text["/proc/sys/kernel/sysrq"] = "438\n"
	w.text["/proc/lockdep_stats"] = " debug_locks: 0\n"
	w.text["/sys/kernel/kexec_crash_loaded"] = "0\n"
	w.text["/sys/kernel/kexec_crash_size"] = "0\n"
	w.text["/proc/self/status"] = "CapEff:\t0000000000200000\n"
	w.text["/sys/kernel/security/lockdown"] = "none integrity [confidentiality]\n"
	w.text["/proc/kcore"] = "\x7fELF"
	w.text["/boot/config-6.1.0-test"] += "CONFIG_DEBUG_INFO_BTF=y\n"
	w.denied["/proc/self/stack"] = true
	ds := diagnose(t, w)
	for name, want := range map[string]struct {
		state  State
		detail string
	}{
		"hung tasks":              {On, "= 120"},
		"soft lockups":            {Off, "soft_watchdog = 0"},
		"hard lockups":            {NotBuilt, "no sysctl"},
		"lockdep":                 {Off, "debug_locks: 0"},
		"sleep in atomic context": {NotBuilt, "is not set"},
		"SysRq":                   {Off, "438"},
		"kdump":                   {Off, "no memory is set aside"},
		"rights":                  {Refused, "without CAP_SYS_PTRACE, CAP_SYSLOG, CAP_PERFMON, CAP_BPF"},
		"no lockdown":             {Refused, "confidentiality"},
		"/proc/kcore":             {On, ""},
		"stacks of tasks":         {Refused, "it is for root"},
		"fprobe":                  {On, "CONFIG_FPROBE=y"},
		"eBPF":                    {Refused, "too old"},
		"kernel types (BTF)":      {Off, "the kernel has CONFIG_DEBUG_INFO_BTF"},
	} {
		if d := ds[name]; d.State != want.state || !strings.Contains(d.Detail, want.detail) {
			t.Errorf("%s: %s (%s), want %s (%s)", name, d.State, d.Detail, want.state, want.detail)
		}
	}
}

// Every detector says what it is good for, and what to do when it is off.
func TestDetectorsAreWhole(t *testing.T) {
	for _, d := range Detectors() {
		if d.Name == "" || d.Group == "" || d.Catches == "" || d.probe == nil || (d.Enable == "" && d.Build == "") {
			t.Errorf("%+v lacks something", d)
		}
	}
	sections := DoctorSections([]Diagnosis{{Detector: Detectors()[0], State: Off}, {Detector: Detectors()[1], State: On}})
	if len(sections) != 1 || len(sections[0].Rows) != 2 || len(sections[0].Notes) != 1 || !strings.Contains(sections[0].Notes[0], "sysctl -w kernel.hung_task_timeout_secs=120") {
		t.Errorf("sections: %+v", sections)
	}
}
