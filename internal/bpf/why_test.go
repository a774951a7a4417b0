package bpf

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestObstacles(t *testing.T) {
	const root, nobody = "Name:\tx\nCapEff:\t000001ffffffffff\n", "Name:\tx\nCapEff:\t0000000000000000\n"
	const narrow = "Name:\tx\nCapEff:\t000000c000000000\n" // CAP_PERFMON and CAP_BPF
	tests := map[string]struct {
		status, lockdown string
		btf              bool
		machine          string
		cmdline          string
		want             []string
	}{
		"all is well":     {root, "none [integrity] confidentiality\n", true, "amd64", "", nil},
		"narrow rights":   {narrow, "[none] integrity confidentiality\n", true, "amd64", "", nil},
		"not root":        {nobody, "", true, "amd64", "", []string{"sudo"}},
		"locked down":     {root, "none integrity [confidentiality]\n", true, "amd64", "", []string{"lockdown=confidentiality"}},
		"no securityfs":   {root, "", true, "amd64", "quiet lockdown=confidentiality\n", []string{"lockdown=confidentiality"}},
		"no types, arm":   {root, "", false, "arm64", "", []string{"arm64", "CONFIG_DEBUG_INFO_BTF"}},
		"nothing mounted": {"", "", false, "amd64", "", []string{"/sys is not mounted"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func(path, text string) {
				path = filepath.Join(dir, path)
				if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if test.status != "" {
				write("proc/self/status", test.status)
			}
			if test.lockdown != "" {
				write("sys/kernel/security/lockdown", test.lockdown)
			}
			if test.lockdown == "" && test.cmdline != "" {
				write("proc/cmdline", test.cmdline)
			}
			if test.btf {
				write("sys/kernel/btf/vmlinux", "x")
			}
			got := Obstacles(dir, test.machine)
			if len(got) != len(test.want) {
				t.Fatalf("%q", got)
			}
			for i, w := range test.want {
				if !strings.Contains(got[i], w) {
					t.Errorf("%q does not say %q", got[i], w)
				}
			}
		})
	}
}
