// Package proto is what the two ends of a lab run say to each other: the
// host's half of gordian writes a Spec into the initramfs, the guest's half
// (package guest, running as init) reports Events, one JSON object per line,
// and takes commands, one word per line, over the second serial port.
//
// A serial port, and not virtio-serial: its driver is built into every kernel
// that can print to a serial console, it needs no module, and it works from
// the first moment of init on.
package proto

import "time"

// SpecPath is where the guest finds its Spec. That it exists tells gordian
// that it runs inside a lab.
const SpecPath = "/gordian-lab.json"

// Port is the guest's end of the channel, a terminal device.
const Port = "/dev/ttyS1"

// Spec is what the guest has to do.
type Spec struct {
	// Drivers are modules that the lab itself needs (qemu_fw_cfg for dumps),
	// paths in the guest, in load order. One that fails is reported and left out.
	Drivers []string `json:"drivers,omitempty"`
	// Sysctls are written before the first step, path below /proc/sys → value.
	// Those that the kernel does not have are left out.
	Sysctls map[string]string `json:"sysctls,omitempty"`
	Steps   []Step            `json:"steps"`
}

// Op says what a step does.
type Op string

const (
	// Load loads the module at Path with the parameters Args.
	Load Op = "load"
	// Unload removes the module called Path.
	Unload Op = "unload"
	// Exec runs Args[0] with the arguments behind it, waits for its end, and
	// sends what it prints as Output events.
	Exec Op = "exec"
	// Write writes Data into the file Path.
	Write Op = "write"
	// Read sends the content of the file Path as the Text of the End event.
	Read Op = "read"
	// Watch waits until nothing has been blocked or spinning for the time
	// For: the workload may go on in the background (kernel threads, work, timers).
	Watch Op = "watch"
)

// Step is one thing the guest does. Steps run one after the other; the first
// that fails ends the run unless MayFail is set.
type Step struct {
	Op      Op            `json:"op"`
	Name    string        `json:"name"` // for people: "load foo.ko mode=1"
	Path    string        `json:"path,omitempty"`
	Args    []string      `json:"args,omitempty"`
	Data    string        `json:"data,omitempty"`
	For     time.Duration `json:"for,omitempty"`
	MayFail bool          `json:"may_fail,omitempty"`
}

// EventKind says what an event is about.
type EventKind string

const (
	Ready  EventKind = "ready"  // init runs; Text is the kernel's release
	Begin  EventKind = "begin"  // step Step begins
	End    EventKind = "end"    // step Step has ended; Error says why it failed, Text is what it read
	Output EventKind = "output" // Text is what the program of step Step printed
	Beat   EventKind = "beat"   // the guest is alive; sent every BeatEvery
	Note   EventKind = "note"   // Text is worth showing, but nothing failed
	Answer EventKind = "answer" // the command Text has been carried out
	Done   EventKind = "done"   // all steps have ended, or one failed (Error)
)

// BeatEvery is the time between two Beat events.
const BeatEvery = time.Second

// Event is one line from the guest.
type Event struct {
	Kind  EventKind `json:"event"`
	Step  int       `json:"step"`
	Text  string    `json:"text,omitempty"`
	Error string    `json:"error,omitempty"`
}

// Show is the one command of the host: print into the kernel log what is
// blocked and, where lockdep is there, which locks all tasks hold.
const Show = "show"
