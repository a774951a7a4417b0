package cli

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/pflag"

	"gordian/internal/kcore"
	"gordian/internal/model"
)

func coreLocks() coreSub {
	return coreSub{name: "locks", args: "[-a]", short: "what blocked tasks wait for, who holds it, who waits (-a: idle sleepers too)", run: runCoreLocks}
}

func runCoreLocks(ctx context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	all := fs.BoolP("all", "a", false, "also what only idle tasks sleep on")
	if _, err := parseCore(fs, args, 0, 0); err != nil {
		return coreAnswer{}, err
	}
	st, err := s.state(ctx)
	if err != nil {
		return coreAnswer{}, err
	}
	var locks []*kcore.Lock
	for _, l := range st.Locks {
		if len(l.Waiters)+len(l.Holders) == 0 && l.Gone == "" {
			continue // a CPU was about to get it
		}
		if *all || l.Type != model.WaitQueue || slices.ContainsFunc(l.Waiters, blockedWaiter) {
			locks = append(locks, l)
		}
	}
	return locksAnswer(locks), nil
}

// blockedWaiter: a task in state S sleeps until something happens, which may
// be never, and is well.
func blockedWaiter(w kcore.Waiter) bool { return w.Task.State == "D" || w.Task.Running }

func coreLock() coreSub {
	return coreSub{name: "lock", args: "SYMBOL|ADDR [TYPE]", short: "one lock; TYPE (mutex, rwsem, semaphore, …) for one that nobody waits for", run: runCoreLock}
}

func runCoreLock(ctx context.Context, s *coreSession, fs *pflag.FlagSet, args []string) (coreAnswer, error) {
	args, err := parseCore(fs, args, 1, 2)
	if err != nil {
		return coreAnswer{}, err
	}
	addr, err := s.k.Address(args[0])
	if err != nil {
		return coreAnswer{}, err
	}
	typ := model.LockType("")
	if len(args) == 2 {
		if typ, err = lockType(args[1]); err != nil {
			return coreAnswer{}, err
		}
	}
	st, err := s.state(ctx)
	if err != nil {
		return coreAnswer{}, err
	}
	locks := st.LockAt(addr, typ)
	if len(locks) == 0 {
		return coreAnswer{}, fmt.Errorf("nobody waits for a lock at %#x: say what it is to see it all the same, as in `lock %s mutex`", addr, args[0])
	}
	return locksAnswer(locks), nil
}

func lockType(word string) (model.LockType, error) {
	types := []model.LockType{model.Mutex, model.WWMutex, model.RWSem, model.PercpuRWSem, model.Semaphore, model.RTMutex, model.Spinlock, model.RWLock, model.Completion}
	var names []string
	for _, t := range types {
		if string(t) == word {
			return t, nil
		}
		names = append(names, string(t))
	}
	return "", fmt.Errorf("%q is no type of lock: there are %v", word, names)
}

func locksAnswer(locks []*kcore.Lock) coreAnswer {
	views := []lockView{}
	for _, l := range locks {
		views = append(views, newLockView(l))
	}
	return coreAnswer{value: views, text: func(w io.Writer) {
		if len(views) == 0 {
			fmt.Fprintln(w, "no task waits for a lock")
		}
		for i := range views {
			printLock(w, &views[i])
		}
	}}
}

func printLock(w io.Writer, v *lockView) {
	head := fmt.Sprintf("%s  %s  %s", v.Addr, v.Type, v.Name)
	if v.State != "" {
		head += "  (" + v.State + ")"
	}
	fmt.Fprintln(w, safe(head))
	for _, h := range v.Holders {
		line := "    held by " + h.Task + shared(h.Mode)
		switch {
		case h.Inferred && h.Unsure:
			line += " (inferred, on some ways through the code)"
		case h.Agreed:
			line += " (inferred, two signs agree)"
		case h.Inferred:
			line += " (inferred)"
		}
		if h.At != "" {
			line += ", in " + h.At
		}
		fmt.Fprintln(w, safe(line))
		for _, why := range h.Why {
			fmt.Fprintln(w, safe("        "+why))
		}
	}
	if v.Gone != "" {
		fmt.Fprintln(w, safe("    its owner is gone: "+v.Gone))
	}
	order := ""
	if !v.Queue && len(v.Waiters) > 1 {
		order = " (order unknown)"
	}
	for i, x := range v.Waiters {
		fmt.Fprintln(w, safe(fmt.Sprintf("    waiter %d: %s%s%s", i+1, x.Task, shared(x.Mode), order)))
	}
}

// shared says that a lock is held or wanted as a reader; an exclusive one is
// what everybody expects.
func shared(mode string) string {
	if model.Mode(mode).Shared() {
		return ", reader"
	}
	return ""
}
