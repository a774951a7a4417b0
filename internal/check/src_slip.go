package check

import (
	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// slipRule says how slips of one kind become findings.
type slipRule struct {
	rule    string
	verdict model.Verdict
	// atHolder: the place to look at first is where the holder of the lock
	// goes on to the slip, not the slip itself, which may be far down.
	atHolder bool
	thread   string // heading of the slip's path
	other    string // heading of its other path
	tell     func(f *model.Finding, s *srcfact.Slip)
}

func slipRules() map[srcfact.SlipKind]slipRule {
	return map[srcfact.SlipKind]slipRule{
		srcfact.SlipReacquire:    {"recursive-lock", model.CouldDeadlock, true, "The path that takes it twice", "The other path", tellReacquire},
		srcfact.SlipUpgrade:      {"recursive-lock", model.CouldDeadlock, true, "The path that takes it twice", "The other path", tellUpgrade},
		srcfact.SlipExitHeld:     {"missing-unlock", model.Bug, false, "The path that leaves with it", "A path that releases it", tellExitHeld},
		srcfact.SlipFreeHeld:     {"missing-unlock", model.Bug, false, "The path that frees it", "A path that releases it", tellFreeHeld},
		srcfact.SlipReleaseFree:  {"unlock-not-held", model.Bug, false, "The path that does not hold it", "A path that holds it", tellReleaseFree},
		srcfact.SlipReleaseTwice: {"unlock-not-held", model.Bug, false, "The path that releases it twice", "A path that does not", tellReleaseTwice},
		srcfact.SlipSleep:        {"sleep-in-atomic", model.Bug, true, "The path that sleeps", "How it gets there", tellSleep},
		srcfact.SlipWait:         {"wait-under-lock", model.CouldDeadlock, true, "CPU0: waits", "CPU1: what is waited for", tellWait},
		srcfact.SlipIRQEnable:    {"irq-flags-misuse", model.Bug, false, "The path that enables interrupts", "The section that had them off", tellIRQEnable},
		srcfact.SlipIRQLeft:      {"irq-flags-misuse", model.Bug, false, "The path that leaves interrupts off", "A path that restores them", tellIRQLeft},
		srcfact.SlipFlagsReused:  {"irq-flags-misuse", model.Bug, false, "The path that overwrites the flags", "The other path", tellFlagsReused},
		srcfact.SlipFlagsOrder:   {"irq-flags-misuse", model.Bug, false, "The path that restores the wrong flags", "The other path", tellFlagsOrder},
		srcfact.SlipIRQContext:   {"irq-flags-misuse", model.Bug, false, "The path that enables interrupts", "How it is called with them off", tellIRQContext},
	}
}

// slips reports the places where a path breaks a rule by itself.
func (v *srcView) slips() []model.Finding {
	rules := slipRules()
	var out []model.Finding
	for i := range v.s.Slips {
		s := &v.s.Slips[i]
		if r, ok := rules[s.Kind]; ok && len(s.Path) > 0 {
			out = append(out, v.slip(r, s))
		}
	}
	return out
}

func (v *srcView) slip(r slipRule, s *srcfact.Slip) model.Finding {
	first := s.Path[len(s.Path)-1]
	if r.atHolder && len(s.Locks) > 0 {
		first = afterAcquire(s.Path, &s.Locks[0])
	}
	f := v.finding(r.rule, r.verdict, first)
	f.Confidence, f.Reasons, f.Missing = s.Confidence, s.Reasons, s.Missing
	if f.Confidence == "" {
		f.Confidence = model.Medium
	}
	for i := range s.Locks {
		f.Locks = append(f.Locks, lockInfos(&s.Locks[i])...)
	}
	parts := []string{first.Func}
	for i := range s.Locks {
		parts = append(parts, string(node(&s.Locks[i])))
		if i == 0 {
			parts = append(parts, string(s.Kind))
		}
	}
	f.Fingerprint = model.Fingerprint(f.Rule, parts...)
	v.addPath(&f, r.thread, s.Path)
	v.addPath(&f, r.other, s.Other)
	r.tell(&f, s)
	return f
}

// subjectLock names the lock that a slip is about.
func subjectLock(s *srcfact.Slip) string {
	if len(s.Locks) == 0 {
		return "a lock"
	}
	return lockNode(&s.Locks[0])
}

func lastStep(s *srcfact.Slip) srcfact.Step { return s.Path[len(s.Path)-1] }
