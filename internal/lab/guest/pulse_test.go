package guest

import (
	"testing"
	"time"
)

// TestWatchNeedsTurns: time that passes while nothing runs proves nothing.
func TestWatchNeedsTurns(t *testing.T) {
	p := newPulse()
	for cpu := range p.rides {
		for deadline := time.Now().Add(10 * time.Second); p.rides[cpu].Load() == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("CPU %d never ran", cpu)
			}
		}
	}
	before := p.turns()
	const d = 4 * pulseEvery
	p.watch(d)
	for i, n := range p.turns() {
		if n < never && n-before[i] < int64(d/pulseEvery/2) {
			t.Errorf("turn %d: %d of %d", i, n-before[i], d/pulseEvery/2)
		}
	}
}
