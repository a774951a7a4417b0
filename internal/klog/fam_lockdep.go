package klog

import (
	"regexp"
	"strconv"
	"strings"

	"gordian/internal/kreport"
	"gordian/internal/model"
)

// lockdepFamilies are the splats of kernel/locking/lockdep.c.
func lockdepFamilies() []family {
	splat := func(b *block) model.Report { return parseLockdep(b) }
	internal := func(b *block) model.Report { return parseLockdepInternal(b) }
	return []family{
		{name: "lockdep-circular", match: marked("possible circular locking dependency"), parse: splat},
		{name: "lockdep-recursive", match: marked("possible recursive locking detected"), parse: splat},
		{name: "lockdep-irq-inversion", match: marked("possible irq lock inversion dependency"), parse: splat},
		{name: "lockdep-irq-order", match: marked("unsafe lock order detected"), parse: splat},
		{name: "lockdep-inconsistent", match: marked("inconsistent lock state"), parse: splat},
		{name: "lockdep-bad-unlock", match: marked("bad unlock balance detected"), parse: splat},
		{name: "lockdep-bad-contention", match: marked("bad contention detected"), parse: splat},
		{name: "lockdep-held-freed", match: marked("held lock freed"), parse: splat},
		{name: "lockdep-held-exit", match: marked("still has locks held"), parse: splat},
		{name: "lockdep-held-exit", match: marked("lock held at task exit time"), parse: splat},
		{name: "lockdep-held-userspace", match: marked("lock held when returning to user space"), parse: splat},
		{name: "lockdep-nest-not-held", match: marked("Nested lock was not taken"), parse: splat},
		{name: "lockdep-wait-context", match: marked("Invalid wait context"), parse: splat},
		{name: "rcu-usage", match: marked("suspicious RCU usage"), parse: parseRCUUsage},
		{name: "rcu-usage", match: marked("suspicious rcu_dereference"), parse: parseRCUUsage},
		{name: "lockdep-nonstatic-key", match: contains("INFO: trying to register non-static key"), parse: internal},
		{name: "lockdep-limit", match: matches("too low", ldLimit), parse: internal},
		{name: "lockdep-internal", match: lockdepWarn, parse: internal},
	}
}

var (
	ldLimit = regexp.MustCompile(`BUG: (MAX_[A-Z_]+) too low`)
	// "WARNING: CPU: 0 PID: 1 at kernel/locking/lockdep.c:735 fn+0x1/0x2", and
	// since 6.18 "WARNING: [cond] file:line at func, CPU#n: comm/pid"
	warnOld = regexp.MustCompile(`WARNING: (?:CPU: (\d+) PID: (\d+) )?at (\S*kernel/(?:locking|lockdep)\S*\.[ch]):(\d+)(?: (\S+?)(?:\+0x|\(|\s|$))?`)
	warnNew = regexp.MustCompile(`WARNING: (?:\[?(.*?)\]? )?(\S*kernel/locking/\S+\.[ch]):(\d+) at ([\w.]+)\S*, CPU#(\d+): .*/(\d+)`)
	ldSelf  = regexp.MustCompile(`(?:BUG: looking up invalid subclass|BUG: key \S+ (?:not in|has not been registered)|WARNING: chain_key collision|DEBUG_LOCKS_WARN_ON\()`)
)

// lockdepWarn matches a WARN in the lock machinery, and its messages about
// itself.
func lockdepWarn(text string) (int, bool) {
	if strings.Contains(text, "kernel/lock") && !strings.Contains(text, "irqflag-debug.c") {
		if loc := warnOld.FindStringIndex(text); loc != nil {
			return loc[0], true
		}
		if loc := warnNew.FindStringIndex(text); loc != nil {
			return loc[0], true
		}
	}
	if strings.Contains(text, "BUG: ") || strings.Contains(text, "chain_key collision") {
		if loc := ldSelf.FindStringIndex(text); loc != nil {
			return loc[0], true
		}
	}
	return 0, false
}

func parseLockdepInternal(b *block) *kreport.LockdepInternal {
	r := &kreport.LockdepInternal{ReportBase: b.base()}
	number := func(s string) *int {
		if n, err := strconv.Atoi(s); err == nil {
			return &n
		}
		return nil
	}
	if m := warnOld.FindStringSubmatch(r.Header); m != nil {
		r.CPU, r.PID, r.File, r.Func = number(m[1]), number(m[2]), m[3], m[5]
		r.LineNo, _ = strconv.Atoi(m[4])
	} else if m := warnNew.FindStringSubmatch(r.Header); m != nil {
		r.Cond, r.File, r.Func, r.CPU, r.PID = strings.Trim(m[1], "[]"), m[2], m[4], number(m[5]), number(m[6])
		r.LineNo, _ = strconv.Atoi(m[3])
	}
	if m := ldLimit.FindStringSubmatch(r.Header); m != nil {
		r.Limit = m[1]
	}
	for _, rec := range b.recs[1:] {
		if _, cond, ok := strings.Cut(rec.text, "_WARN_ON("); ok && r.Cond == "" {
			r.Cond = strings.TrimSuffix(cond, ")")
		}
	}
	r.Context = b.context()
	r.Backtrace = b.stack()
	return r
}
