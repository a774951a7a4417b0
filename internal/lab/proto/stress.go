package proto

import "time"

const (
	// Snapshot notes which files and kernel threads there are before the module
	// comes, so that Stress knows the module's.
	Snapshot Op = "snapshot"
	// Stress works the module for a while, as the Work in Data (JSON) says.
	// The Text of its End event is a Stressed (JSON).
	Stress Op = "stress"
	// Probe sets the kprobes whose definitions are the lines of the file Path. The
	// Text of its End event has the lines that the kernel refused.
	Probe Op = "probe"
)

// Work says how a Stress step works the module.
type Work struct {
	Seed uint64        `json:"seed"` // same seed, same choices
	For  time.Duration `json:"for"`
	// Triggers are files of the module that are written and read over and over,
	// each by a thread of its own.
	Triggers []Trigger `json:"triggers,omitempty"`
	Ioctls   []uint32  `json:"ioctls,omitempty"` // commands of the module's devices; empty: guesses
	// What else goes on meanwhile.
	Devices bool `json:"devices,omitempty"` // open, read, write, ioctl, poll of the files that came with the module
	Hotplug bool `json:"hotplug,omitempty"` // CPUs go and come back
	Memory  bool `json:"memory,omitempty"`  // memory gets short, caches are dropped
	Shuffle bool `json:"shuffle,omitempty"` // tasks change CPUs and priorities, and are preempted
}

// Trigger is a write of Data into a file, or a read of one.
type Trigger struct {
	Write string `json:"write,omitempty"`
	Data  string `json:"data,omitempty"`
	Read  string `json:"read,omitempty"`
}

// Stressed counts what a Stress step did.
type Stressed struct {
	Files    []string       `json:"files,omitempty"` // that came with the module
	Did      map[string]int `json:"did"`             // "open", "read", …, "hotplug": how often it went well
	Failures []string       `json:"failures,omitempty"`
}
