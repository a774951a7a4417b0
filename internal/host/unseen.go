package host

import (
	"slices"
	"strings"

	"gordian/internal/hostfact"
)

// lost says, for each kind of file, what is missing without it.
func lost() map[string]string {
	return map[string]string{
		"/proc/PID/task":      "the tasks of other users",
		"/proc/PID/stack":     "the kernel stacks of blocked tasks",
		"/proc/PID/syscall":   "the system calls of blocked tasks",
		"/proc/PID/sched":     "how long tasks have been blocked",
		"/proc/PID/wchan":     "the functions in which tasks sleep",
		"/proc/lockdep_stats": "the state of lockdep",
		"/proc/lock_stat":     "which locks are contended",
		"/proc/locks":         "locks on files",
	}
}

// hidden says so when /proc does not show the kernel's own threads, which
// every host has: then others are not shown either.
func (c *collector) hidden(s *sample) {
	for _, t := range s.tasks {
		if t.Kernel() {
			return
		}
	}
	u := hostfact.Unseen{What: "the tasks of the host", Why: "there are no kernel threads in /proc: it is that of a container", Remedy: "look from the host, or in a container with --pid=host"}
	if hidepid(string(c.read("/proc/self/mounts"))) {
		u = hostfact.Unseen{What: "the tasks of other users", Why: "/proc is mounted with hidepid", Remedy: "run it as root, or in the group that the mount option gid names"}
	}
	c.host.Unseen = append(c.host.Unseen, u)
}

// hidepid reports whether /proc hides the tasks of others
// (Documentation/filesystems/proc.rst, chapter 4; 0 and "off" do not).
func hidepid(mounts string) bool {
	for l := range strings.Lines(mounts) {
		f := strings.Fields(l)
		if len(f) < 4 || f[1] != "/proc" {
			continue
		}
		for _, o := range strings.Split(f[3], ",") {
			if v, ok := strings.CutPrefix(o, "hidepid="); ok && v != "0" && v != "off" {
				return true
			}
		}
	}
	return false
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
