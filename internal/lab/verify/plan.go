package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"gordian/internal/lab"
	"gordian/internal/lab/kmod"
	"gordian/internal/lab/proto"
)

// Files of the guest that are read at the end.
const (
	taintFile   = "/proc/sys/kernel/tainted"
	profileFile = "/sys/kernel/tracing/kprobe_profile"
	probesFile  = "/run/gordian-probes"
	lockdepFile = "/proc/lockdep_stats"
)

// calm is how long nothing must be stuck before a module is unloaded, and
// after: work that it left behind shows then.
const calm = time.Second

// plan is the list of steps of a proof, and where in it the answers come from.
type plan struct {
	modules []module
	places  []place

	taintBefore, taintAfter int // steps
	refused, profile        int
	lockdep                 int
	stress                  []int            // by cycle
	refs                    []map[string]int // by cycle: the step that reads a module's refcount
	cycleEnd                []int            // by cycle: its last step
}

type module struct {
	path, name string
	depends    []string
}

// readModules reads what the modules say of themselves, and puts those that
// others need first.
func readModules(paths []string) ([]module, error) {
	var ms []module
	for _, p := range paths {
		_, info, err := kmod.Load(p)
		if err != nil {
			return nil, err
		}
		ms = append(ms, module{p, info.Name, info.Depends})
	}
	var out []module
	done := map[string]bool{}
	var add func(m module)
	add = func(m module) {
		if done[m.name] {
			return
		}
		done[m.name] = true
		for _, d := range m.depends {
			if i := slices.IndexFunc(ms, func(x module) bool { return x.name == d }); i >= 0 {
				add(ms[i])
			}
		}
		out = append(out, m)
	}
	for _, m := range ms {
		add(m)
	}
	return out, nil
}

// newPlan fills the job with the steps: load, exercise, unload, again and
// again. The last cycle is watched by probes; those before run as they would
// anywhere.
func newPlan(j *lab.Job, modules []module, w Workload) (*plan, error) {
	p := &plan{modules: modules, profile: -1, refused: -1}
	for _, m := range modules {
		ps, err := places(m.path, m.name)
		if err != nil {
			return nil, err
		}
		p.places = append(p.places, ps...)
	}
	p.places = p.places[:min(len(p.places), maxProbes)]
	p.taintBefore = p.read(j, taintFile)
	p.add(j, proto.Step{Op: proto.Snapshot, Name: "look at what is there"})
	n := w.cycles()
	for cycle := range n {
		if cycle == n-1 && len(p.places) > 0 {
			p.add(j, proto.Step{Op: proto.Write, Path: probesFile, Data: definitions(p.places), Name: "prepare probes"})
			p.refused = p.add(j, proto.Step{Op: proto.Probe, Path: probesFile, Name: "set probes", MayFail: true})
		}
		if err := p.cycle(j, w, cycle, n); err != nil {
			return nil, err
		}
	}
	if len(p.places) > 0 {
		p.profile = p.read(j, profileFile)
	}
	p.lockdep = p.read(j, lockdepFile)
	p.taintAfter = p.read(j, taintFile)
	return p, nil
}

func (p *plan) add(j *lab.Job, s proto.Step) int {
	j.Steps = append(j.Steps, s)
	return len(j.Steps) - 1
}

func (p *plan) read(j *lab.Job, path string) int {
	return p.add(j, proto.Step{Op: proto.Read, Path: path, Name: "read " + path, MayFail: true})
}

func (p *plan) cycle(j *lab.Job, w Workload, cycle, of int) error {
	label := fmt.Sprintf("cycle %d of %d: ", cycle+1, of)
	begin := len(j.Steps)
	for _, m := range p.modules {
		if err := j.Load(m.path, w.Params[m.name]); err != nil {
			return err
		}
	}
	for _, words := range w.Exec {
		if err := j.Exec(words); err != nil {
			return err
		}
	}
	work, err := json.Marshal(w.work(cycle))
	if err != nil {
		return err
	}
	p.stress = append(p.stress, p.add(j, proto.Step{Op: proto.Stress, Data: string(work), Name: "stress"}))
	p.add(j, proto.Step{Op: proto.Watch, For: calm, Name: "see that nothing is stuck"})
	refs := map[string]int{}
	for _, m := range slices.Backward(p.modules) {
		refs[m.name] = p.read(j, "/sys/module/"+m.name+"/refcnt")
		p.add(j, proto.Step{Op: proto.Unload, Path: m.name, Name: "unload " + m.name})
	}
	p.refs = append(p.refs, refs)
	p.add(j, proto.Step{Op: proto.Watch, For: calm, Name: "see that nothing is stuck"})
	for i := begin; i < len(j.Steps); i++ {
		j.Steps[i].Name = label + j.Steps[i].Name
	}
	p.cycleEnd = append(p.cycleEnd, len(j.Steps)-1)
	return nil
}
