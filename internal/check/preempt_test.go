package check

import "testing"

func TestAtomicWhy(t *testing.T) {
	for count, want := range map[string]string{"00000000": "unlock too many", "0x00000002": "under a spinlock", "00000101": "inside a softirq",
		"0x00000202": "bottom halves are off", "0x00010001": "interrupt handler", "": "under a spinlock"} {
		wantContains(t, count, atomicWhy(count), want)
	}
}
