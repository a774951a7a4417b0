package lockapi

import (
	"fmt"
	"slices"
	"strings"

	"gordian/internal/model"
)

// kindNames are the words for Kind in the data files, by value.
func kindNames() []string {
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
	if names := kindNames(); int(k) < len(names) && k != 0 {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// UnmarshalText reads the word of the data files.
func (k *Kind) UnmarshalText(b []byte) error { return index(k, b, kindNames()) }

// UnmarshalText reads "irq", "bh" or "flags"; the last is for functions that
// keep the saved state to themselves, others are told by their argument.
func (w *IRQ) UnmarshalText(b []byte) error {
	return index(w, b, []string{IRQPlain: "irq", IRQFlags: "flags", IRQBottom: "bh"})
}

// UnmarshalText reads "zero", "true" or "non-null".
func (o *Outcome) UnmarshalText(b []byte) error {
	return index(o, b, []string{IfZero: "zero", IfTrue: "true", IfNonNull: "non-null"})
}

// UnmarshalText refuses targets that no effect has.
func (t *Target) UnmarshalText(b []byte) error {
	return oneOf(t, b, TargetWork, TargetDelayed, TargetWorkqueue, TargetTimer, TargetHRTimer, TargetTasklet,
		TargetIRQ, TargetThread, TargetCompletion, TargetWaitQueue, TargetRCU, TargetSRCU, TargetNAPI, TargetURB,
		TargetNotifier, TargetSysfs)
}

// The model's words have no UnmarshalText of their own: documents that other
// versions wrote may hold further ones. The data files must not.

type modeWord model.Mode

func (w *modeWord) UnmarshalText(b []byte) error {
	return oneOf(w, b, model.Write, model.Read, model.RecursiveRead)
}

type contextWord model.Context

func (w *contextWord) UnmarshalText(b []byte) error {
	return oneOf(w, b, model.Process, model.Softirq, model.Hardirq, model.NMI)
}

type typeWord model.LockType

func (w *typeWord) UnmarshalText(b []byte) error {
	return oneOf(w, b, model.Mutex, model.WWMutex, model.Spinlock, model.RawSpinlock, model.RWLock, model.RWSem,
		model.PercpuRWSem, model.Semaphore, model.RTMutex, model.Seqlock, model.LocalLock, model.RCU, model.SRCU,
		model.Completion, model.Work, model.Timer, model.WaitQueue, model.BitLock, model.IO)
}

func index[T ~uint8](dst *T, b []byte, words []string) error {
	i := slices.Index(words, string(b))
	if i < 0 || len(b) == 0 {
		return unknown(b, words)
	}
	*dst = T(i)
	return nil
}

func oneOf[D, S ~string](dst *D, b []byte, words ...S) error {
	if !slices.Contains(words, S(b)) {
		var names []string
		for _, w := range words {
			names = append(names, string(w))
		}
		return unknown(b, names)
	}
	*dst = D(b)
	return nil
}

// unknown quotes only the start of a word: it may be as long as the file.
func unknown(b []byte, words []string) error {
	words = slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == "" })
	return fmt.Errorf("%q is none of: %s", cut(b), strings.Join(words, ", "))
}

const quoteMax = 40

func cut(b []byte) []byte { return b[:min(len(b), quoteMax)] }
