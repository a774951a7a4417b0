// Package guest is gordian inside a lab's virtual machine: it is the init
// process, and the few programs that init runs. It needs nothing but the
// kernel: no shell, no libraries, no other file.
package guest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"gordian/internal/lab/proto"
)

// Inside reports whether this process is gordian in the guest of a lab: the
// kernel or init started it there, under the name of one of its roles.
func Inside() bool {
	if _, err := os.Stat(proto.SpecPath); err != nil {
		return false
	}
	_, ok := roles()[filepath.Base(os.Args[0])]
	return ok && (os.Getpid() == 1 || os.Getenv(roleEnv) != "")
}

// roleEnv is set for the programs that init starts from its own binary.
const roleEnv = "GORDIAN_LAB"

// Main runs the role that the name of the program says and returns the exit
// status. Modules are loaded by a process of their own, so that an oops in
// their init function does not take down init, and a hang shows as insmod's.
func Main() int {
	if err := roles()[filepath.Base(os.Args[0])](os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func roles() map[string]func(args []string) error {
	return map[string]func([]string) error{
		"init":   func([]string) error { return runInit() },
		"insmod": insmod,
		"rmmod":  rmmod,

		"snapshot": takeSnapshot,
		"stress":   stress,
		"probe":    probe,
	}
}

func readSpec() (proto.Spec, error) {
	var s proto.Spec
	b, err := os.ReadFile(proto.SpecPath)
	if err != nil {
		return s, err
	}
	return s, json.Unmarshal(b, &s)
}
