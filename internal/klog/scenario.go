package klog

import (
	"strings"

	"gordian/internal/kreport"
)

// scenarioColumn separates CPU0's column from CPU1's in lockdep's picture.
const scenarioColumn = 15

// scenario reads "Possible [interrupt] unsafe locking scenario": one line per
// step, the column says which CPU. Where a logger stripped the blanks, the
// order of the steps says it: print_circular_lock_scenario() and
// print_irq_lock_scenario() in kernel/locking/lockdep.c always print CPU0's
// first lock, then CPU1's steps, then CPU0's last.
func (p *ldParser) scenario() {
	var steps []kreport.ScenarioStep
	var indents []int
	twoCPUs, irq := false, false
	for j := p.i + 1; j < len(p.recs) && j < p.i+24; j++ {
		text := p.recs[j].text
		t := strings.TrimSpace(text)
		if strings.HasPrefix(t, "***") || stackHead(t) {
			break
		}
		if _, held := parseHeld(t); held {
			break
		}
		if strings.Contains(t, "CPU1") {
			twoCPUs = true
		}
		s, ok := scenarioStep(t, &irq)
		if !ok {
			continue
		}
		p.i = j
		steps = append(steps, s)
		indents = append(indents, len(text)-len(strings.TrimLeft(text, " \t")))
	}
	setCPUs(steps, indents, twoCPUs)
	p.rep.Scenario = steps
}

func scenarioStep(t string, irq *bool) (kreport.ScenarioStep, bool) {
	switch {
	case strings.HasPrefix(t, "<Interrupt>"):
		*irq = true
		return kreport.ScenarioStep{Interrupt: true}, true
	case strings.HasPrefix(t, "local_irq_disable"), strings.HasPrefix(t, "local_bh_disable"):
		op, _, _ := strings.Cut(t, "(")
		return kreport.ScenarioStep{Op: op}, true
	}
	m := ldScenario.FindStringSubmatch(t)
	if m == nil {
		return kreport.ScenarioStep{}, false
	}
	inside := *irq
	return kreport.ScenarioStep{Op: m[1], Lock: m[2], IRQ: &inside}, true
}

// setCPUs fills each step's CPU.
func setCPUs(steps []kreport.ScenarioStep, indents []int, twoCPUs bool) {
	columns := false
	for _, n := range indents {
		columns = columns || n >= scenarioColumn
	}
	for i := range steps {
		if steps[i].Interrupt {
			continue
		}
		cpu := 0
		switch {
		case !twoCPUs:
		case columns:
			if indents[i] >= scenarioColumn {
				cpu = 1
			}
		case i > 0 && i < len(steps)-1:
			cpu = 1
		}
		steps[i].CPU = &cpu
	}
}
