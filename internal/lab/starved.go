package lab

import "time"

// starving follows how long the guest's CPUs have to wait for the host's. The
// guest's watchdogs count that as time in which nothing happened, so on a busy
// host they report lockups and stalls that are none.
type starving struct {
	samples []sample // the last starvedOver, oldest first
	worst   time.Duration
}

type sample struct {
	at     time.Time
	waited map[string]time.Duration // by thread
}

// starvedOver is the time over which the waiting is added up: that of the
// shortest watchdog that does not look at tasks (tuning.go).
const starvedOver = 8 * time.Second

// note adds a sample, and keeps the most that one CPU has waited in starvedOver.
func (s *starving) note(now time.Time, waited map[string]time.Duration) {
	s.samples = append(s.samples, sample{now, waited})
	for now.Sub(s.samples[0].at) > starvedOver {
		s.samples = s.samples[1:]
	}
	for thread, d := range waited {
		if before, ok := s.samples[0].waited[thread]; ok {
			s.worst = min(max(s.worst, d-before), starvedOver) // samples come late on a busy host
		}
	}
}
