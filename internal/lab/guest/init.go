package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"gordian/internal/lab/proto"
)

// runInit is the life of init. It never returns once the channel is open: the
// host ends the machine. If it did, the kernel would panic.
func runInit() error {
	// A collection stops all threads, and one of them may stand on a CPU
	// that has locked up: that would take down init too.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(64 << 20)
	if err := mountAll(); err != nil {
		return err
	}
	ch, err := openChannel(proto.Port)
	if err != nil {
		return err
	}
	spec, err := readSpec()
	if err != nil {
		ch.send(proto.Event{Kind: proto.Done, Error: "read " + proto.SpecPath + ": " + err.Error()})
		select {}
	}
	prepare(ch, spec)
	ch.send(proto.Event{Kind: proto.Ready, Text: release()})
	pulse := newPulse()
	go ch.beat(pulse)
	go ch.obey()
	ch.send(proto.Event{Kind: proto.Done, Error: runSteps(ch, pulse, spec.Steps)})
	select {}
}

// mountAll mounts what a system has; debugfs and tracefs are not in every kernel.
//
// /tmp and /run are folders of the root, which is in memory already: a file
// system mounted there would hide files that came from the host's /tmp.
func mountAll() error {
	for _, dir := range []string{"/tmp", "/run"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, m := range []struct {
		kind, dir string
		optional  bool
	}{
		{"devtmpfs", "/dev", false},
		{"proc", "/proc", false},
		{"sysfs", "/sys", false},
		{"debugfs", "/sys/kernel/debug", true},
		{"tracefs", "/sys/kernel/tracing", true},
	} {
		if err := os.MkdirAll(m.dir, 0o755); err != nil && !m.optional {
			return err
		}
		if err := unix.Mount(m.kind, m.dir, m.kind, 0, ""); err != nil && !m.optional {
			return fmt.Errorf("mount %s on %s: %w", m.kind, m.dir, err)
		}
	}
	return nil
}

// prepare loads the lab's drivers and sets the watchdogs.
func prepare(ch *channel, spec proto.Spec) {
	for _, path := range spec.Drivers {
		if err := insmod([]string{path}); err != nil {
			ch.send(proto.Event{Kind: proto.Note, Text: err.Error()})
		}
	}
	for name, value := range spec.Sysctls {
		// A kernel without that watchdog has no such file, and that is fine.
		_ = os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0o644)
	}
}

func release() string {
	b, _ := os.ReadFile("/proc/sys/kernel/osrelease") // "" is told apart by the host
	return strings.TrimSpace(string(b))
}
