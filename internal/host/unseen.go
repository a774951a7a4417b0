package host

import (
	"slices"
	"strings"

	"gordian/internal/hostfact"
)

// lost says, for each kind of file, what is missing without it.
func lost() map[string]string {
	return map[string]string{
		"/proc/PID/stack":     "the kernel stacks of blocked tasks",
		"/proc/PID/syscall":   "the system calls of blocked tasks",
		"/proc/PID/sched":     "how long tasks have been blocked",
		"/proc/PID/wchan":     "the functions in which tasks sleep",
		"/proc/lockdep_stats": "the state of lockdep",
		"/proc/lock_stat":     "which locks are contended",
		"/proc/locks":         "locks on files",
	}
}

// unseen turns what could not be read into words.
func (c *collector) unseen() {
	slices.Sort(c.denied)
	for _, kind := range slices.Compact(c.denied) {
		what, ok := lost()[kind]
		if !ok {
			what = kind
		}
		c.host.Unseen = append(c.host.Unseen, hostfact.Unseen{What: what, Why: kind + " may be read by root only", Remedy: "run it as root: sudo gordian host"})
	}
	slices.Sort(c.hung)
	hung := slices.Compact(c.hung)
	if len(hung) > 0 {
		c.host.Unseen = append(c.host.Unseen, hostfact.Unseen{What: strings.Join(hung[:min(len(hung), 5)], ", "),
			Why:    "the kernel did not answer the read: what the file needs is held by a stuck task",
			Remedy: "take a memory dump, or read the host's memory: they need no lock of the kernel"})
	}
	c.host.Root = len(c.denied) == 0
	if len(c.host.Blocked) > 0 && !slices.ContainsFunc(c.host.Blocked, func(b hostfact.Blocked) bool { return len(b.Stack) > 0 || b.NoStack != "" }) {
		c.host.Unseen = append(c.host.Unseen, hostfact.Unseen{What: "the kernel stacks of blocked tasks", Why: "/proc/PID/stack is empty", Remedy: "the kernel needs CONFIG_STACKTRACE; SysRq-w writes the stacks to the kernel log"})
	}
}
