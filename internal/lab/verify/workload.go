package verify

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pelletier/go-toml/v2"

	"gordian/internal/lab/proto"
)

// WorkloadFile is where a module's folder says how to exercise it.
const WorkloadFile = "gordian-lab.toml"

// Workload says how a module is exercised. The zero value loads it with no
// parameters and lets all stressors loose.
type Workload struct {
	Cycles  int                 `toml:"cycles"`  // loads and unloads; 0: the default
	Seconds int                 `toml:"seconds"` // of stress in each cycle; 0: the default
	Params  map[string][]string `toml:"params"`  // of each module
	Trigger []Trigger           `toml:"trigger"`
	Exec    [][]string          `toml:"exec"` // commands of this host with their arguments, run one after the other in each cycle
	Ioctls  []uint32            `toml:"ioctls"`
	Stress  *[]string           `toml:"stress"` // which stressors; absent: all
}

// Trigger is a file of the module that starts something when it is written or
// read.
type Trigger struct {
	Write string `toml:"write"`
	Data  string `toml:"data"`
	Read  string `toml:"read"`
}

// Stressors are the words of Workload.Stress.
func Stressors() []string { return []string{"devices", "hotplug", "memory", "shuffle"} }

// Defaults and bounds of a workload.
const (
	DefaultCycles  = 3
	DefaultSeconds = 3
	maxCycles      = 1000
	maxSeconds     = 3600
)

// ReadWorkload reads the workload file of a module's folder, if it has one.
func ReadWorkload(dir string) (Workload, error) {
	var w Workload
	path := filepath.Join(dir, WorkloadFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return w, fmt.Errorf("read the workload: %w", err)
	}
	d := toml.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil {
		var strict *toml.StrictMissingError
		if errors.As(err, &strict) {
			return w, fmt.Errorf("%s: there is no such setting:\n%s", path, strict.String())
		}
		return w, fmt.Errorf("%s: %w", path, err)
	}
	if err := w.Check(); err != nil {
		return w, fmt.Errorf("%s: %w", path, err)
	}
	return w, nil
}

// Check refuses what cannot be meant.
func (w Workload) Check() error {
	switch {
	case w.Cycles < 0 || w.Cycles > maxCycles:
		return fmt.Errorf("cycles = %d: must be from 1 to %d", w.Cycles, maxCycles)
	case w.Seconds < 0 || w.Seconds > maxSeconds:
		return fmt.Errorf("seconds = %d: must be from 1 to %d", w.Seconds, maxSeconds)
	}
	for _, t := range w.Trigger {
		for _, p := range []string{t.Write, t.Read} {
			if p != "" && !filepath.IsAbs(p) {
				return fmt.Errorf("trigger %s: the path in the guest must be absolute", p)
			}
		}
		if t.Write == "" && t.Read == "" {
			return errors.New("a trigger says neither write nor read")
		}
	}
	if slices.ContainsFunc(w.Exec, func(words []string) bool { return len(words) == 0 }) {
		return errors.New("exec: a command is empty")
	}
	if w.Stress != nil {
		for _, s := range *w.Stress {
			if !slices.Contains(Stressors(), s) {
				return fmt.Errorf("stress = %q: must be some of %s", s, strings.Join(Stressors(), ", "))
			}
		}
	}
	return nil
}

func (w Workload) cycles() int {
	if w.Cycles == 0 {
		return DefaultCycles
	}
	return w.Cycles
}

// work is what the guest does in one cycle. Each cycle has its own choices.
func (w Workload) work(cycle int) proto.Work {
	seconds := w.Seconds
	if seconds == 0 {
		seconds = DefaultSeconds
	}
	on := func(name string) bool { return w.Stress == nil || slices.Contains(*w.Stress, name) }
	out := proto.Work{
		Seed: uint64(cycle), For: time.Duration(seconds) * time.Second, Ioctls: w.Ioctls,
		Devices: on("devices"), Hotplug: on("hotplug"), Memory: on("memory"), Shuffle: on("shuffle"),
	}
	for _, t := range w.Trigger {
		out.Triggers = append(out.Triggers, proto.Trigger(t))
	}
	return out
}
