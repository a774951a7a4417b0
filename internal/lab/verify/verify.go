// Package verify proves what a module does on a kernel: it is loaded, worked
// and unloaded, several times, while the kernel is watched, and then it is
// asked what ran, and what was left behind.
package verify

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/kernels"
	"gordian/internal/lab/proto"
)

// Config is one proof: one module folder's modules on one kernel.
type Config struct {
	Kernel   kernels.Kernel
	Self     string   // gordian's binary, which is init of the guest
	Modules  []string // .ko files
	Workload Workload
	CPUs     int
	MemoryMB int
	Timeout  time.Duration // 0: from the workload
	Watch    lab.Watcher
}

// Proof is what came out. That the log holds no finding is for the caller to
// add: a proof with no Problems is a pass only then.
type Proof struct {
	Run      *lab.Result
	Cycles   int // that were completed
	Of       int // that were asked for
	Problems []string
	Notes    []string
	Coverage Coverage
	Taint    string // letters that came with the run, "none", or "unknown"
	Refs     string // of the modules before their last unload: "foo 0"
	Stressed map[string]int
	Files    []string // that came with the modules
}

// Finished reports whether all that was planned has been done.
func (p *Proof) Finished() bool { return p.Run.Stop == lab.Finished }

// Run boots the kernel once and goes through all cycles. An error means that
// the lab failed, or that the modules do not fit the kernel; what the modules
// did is in the Proof.
func Run(ctx context.Context, c Config) (*Proof, error) {
	modules, err := readModules(c.Modules)
	if err != nil {
		return nil, err
	}
	j, err := lab.NewJob(c.Kernel, c.Self)
	if err != nil {
		return nil, err
	}
	if c.CPUs > 0 {
		j.CPUs = c.CPUs
	}
	if c.MemoryMB > 0 {
		j.MemoryMB = c.MemoryMB
	}
	p, err := newPlan(j, modules, c.Workload)
	if err != nil {
		return nil, err
	}
	if c.Timeout == 0 {
		c.Timeout = p.patience(c.Workload)
	}
	r, err := lab.Run(ctx, j, lab.Limits{Timeout: c.Timeout}, lab.Dump{}, c.Watch)
	if err != nil {
		return nil, err
	}
	return p.proof(r, c.Workload), nil
}

// patience is how long the cycles may take: emulated CPUs on a busy host take
// many times the time of the stress itself, and hangs are found long before.
func (p *plan) patience(w Workload) time.Duration {
	return 2*time.Minute + time.Duration(w.cycles())*(w.work(0).For*4+30*time.Second)
}

// proof reads the answers of the guest.
func (p *plan) proof(r *lab.Result, w Workload) *Proof {
	out := &Proof{Run: r, Of: w.cycles(), Taint: "unknown", Stressed: map[string]int{}}
	for _, last := range p.cycleEnd {
		if r.Step > last || r.Step == last && r.Stop == lab.Finished {
			out.Cycles++
		}
	}
	p.refcounts(r, out)
	p.stressed(r, out)
	before, ok := tainted(r.Texts[p.taintBefore])
	if after, ok2 := tainted(r.Texts[p.taintAfter]); ok && ok2 {
		out.Taint = letters(after &^ before)
		out.Problems = append(out.Problems, wrongs(before, after)...)
	}
	if strings.Contains(r.Texts[p.lockdep], "debug_locks:") && lockdepOff(r.Texts[p.lockdep]) {
		out.Notes = append(out.Notes, "lockdep switched itself off during the run: what came after was not checked for lock order")
	}
	out.Coverage = p.coverage(r)
	return out
}

func (p *plan) coverage(r *lab.Result) Coverage {
	switch {
	case len(p.places) == 0:
		return Coverage{Why: "the module names no function that can be probed"}
	case r.Texts[p.profile] == "" && r.Errors[p.refused] != "":
		return Coverage{Why: r.Errors[p.refused]}
	case r.Texts[p.profile] == "":
		return Coverage{Why: "the run ended before it was counted"}
	}
	return cover(p.places, r.Texts[p.refused]+"\n", r.Texts[p.profile])
}

// refcounts looks at what each module was left with before each unload.
func (p *plan) refcounts(r *lab.Result, out *Proof) {
	var last []string
	for cycle, refs := range p.refs {
		last = nil
		for _, m := range p.modules {
			n := strings.TrimSpace(r.Texts[refs[m.name]])
			if n == "" {
				continue
			}
			last = append(last, m.name+" "+n)
			if n != "0" {
				out.Problems = append(out.Problems, fmt.Sprintf("module %s is still in use (%s) when its work is over, in cycle %d", m.name, n, cycle+1))
			}
		}
		if len(last) > 0 {
			out.Refs = strings.Join(last, ", ")
		}
	}
}

// stressed sums up what the stressors did.
func (p *plan) stressed(r *lab.Result, out *Proof) {
	var failures []string
	for _, step := range p.stress {
		var s proto.Stressed
		if json.Unmarshal([]byte(r.Texts[step]), &s) != nil {
			continue // it never came to its end
		}
		for what, n := range s.Did {
			out.Stressed[what] += n
		}
		out.Files = append(out.Files, s.Files...)
		failures = append(failures, s.Failures...)
	}
	slices.Sort(out.Files)
	out.Files = slices.Compact(out.Files)
	slices.Sort(failures)
	for _, f := range slices.Compact(failures) {
		out.Notes = append(out.Notes, "stress: "+f)
	}
}

// lockdepOff reads the line "debug_locks: 0" of /proc/lockdep_stats
// (kernel/locking/lockdep_proc.c, 6.1).
func lockdepOff(stats string) bool {
	for line := range strings.Lines(stats) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "debug_locks" {
			return strings.TrimSpace(value) == "0"
		}
	}
	return false
}
