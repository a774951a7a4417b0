package lockapi

import (
	"fmt"
	"strings"

	"gordian/internal/model"
)

// The words of the data files. What is in no list is refused.

// kindWords are the words for Kind, by value.
func kindWords() []string {
	return []string{
		Acquire: "acquire", Release: "release", Downgrade: "downgrade",
		AssertHeld: "assert-held", AssertNotHeld: "assert-not-held",
		Init: "init", Destroy: "destroy",
		IRQOff: "irq-off", IRQOn: "irq-on", IRQSave: "irq-save", IRQRestore: "irq-restore",
		BHOff: "bh-off", BHOn: "bh-on", PreemptOff: "preempt-off", PreemptOn: "preempt-on",
		NoSleep: "no-sleep", Sleep: "sleep", Wait: "wait", Complete: "complete", Queue: "queue",
		Register: "register", Setup: "setup", Free: "free", Alloc: "alloc", NoReturn: "no-return",
		AtomicOnly: "atomic-only", MightSleep: "might-sleep", Calls: "calls",
	}
}

// String returns the word of the data files.
func (k Kind) String() string {
	if words := kindWords(); int(k) < len(words) && k != 0 {
		return words[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// irqWords has "flags" for functions that keep the saved state to themselves;
// for others the flags argument says so.
func irqWords() []string { return []string{IRQPlain: "irq", IRQFlags: "flags", IRQBottom: "bh"} }

func outcomeWords() []string { return []string{IfZero: "zero", IfTrue: "true", IfNonNull: "non-null"} }

func targets() []Target {
	return []Target{TargetWork, TargetDelayed, TargetWorkqueue, TargetTimer, TargetHRTimer, TargetTasklet,
		TargetIRQ, TargetThread, TargetCompletion, TargetWaitQueue, TargetRCU, TargetSRCU, TargetNAPI, TargetURB,
		TargetNotifier, TargetSysfs}
}

func modes() []model.Mode { return []model.Mode{model.Write, model.Read, model.RecursiveRead} }

func contexts() []model.Context {
	return []model.Context{model.Process, model.Softirq, model.Hardirq, model.NMI}
}

func lockTypes() []model.LockType {
	return []model.LockType{model.Mutex, model.WWMutex, model.Spinlock, model.RawSpinlock, model.RWLock, model.RWSem,
		model.PercpuRWSem, model.Semaphore, model.RTMutex, model.Seqlock, model.LocalLock, model.RCU, model.SRCU,
		model.Completion, model.Work, model.Timer, model.WaitQueue, model.BitLock, model.IO}
}

func questions() []string {
	return []string{"gfp-blocks", "in-interrupt", "irqs-disabled", "is-err", "is-err-or-null", "likely", "unlikely", "held"}
}

// unknown says what a word may be.
func unknown[T ~string](word []byte, words []T) error {
	var list strings.Builder
	for _, w := range words {
		if w != "" {
			list.WriteString(", " + string(w))
		}
	}
	return fmt.Errorf("%s is none of: %s", quote(string(word)), strings.TrimPrefix(list.String(), ", "))
}

const quoteMax = 40

// quote quotes only the start of a word: it may be as long as the file.
func quote(s string) string { return fmt.Sprintf("%q", s[:min(len(s), quoteMax)]) }
