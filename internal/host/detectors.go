package host

// Groups of detectors: ids of their sections.
const (
	kernelGroup  = "detectors"
	gordianGroup = "needs"
)

// Detector is something that can tell of a hang or of a lock bug.
type Detector struct {
	Name    string
	Group   string
	Catches string // ends "it would show …"
	Enable  string // the command or setting that switches it on
	Build   string // the option of the kernel that it needs
	Cost    string
	Source  string // in the kernel

	probe func(*doctor) (State, string)
}

// Detectors lists all of them, the cheapest and most telling first.
func Detectors() []Detector {
	return append(watchdogs(), needs()...)
}

func watchdogs() []Detector {
	return []Detector{
		{Name: "hung tasks", Group: kernelGroup, Catches: "tasks that are blocked for minutes, with their stacks",
			Enable: "sysctl -w kernel.hung_task_timeout_secs=120", Build: "CONFIG_DETECT_HUNG_TASK", Cost: "one pass over all tasks every two minutes",
			Source: "kernel/hung_task.c", probe: bySysctl("kernel.hung_task_timeout_secs")},
		{Name: "hung tasks are still reported", Group: kernelGroup, Catches: "the next hung tasks: after kernel.hung_task_warnings reports (10 by default) the watchdog falls silent",
			Enable: "sysctl -w kernel.hung_task_warnings=-1", Build: "CONFIG_DETECT_HUNG_TASK", Cost: "lines in the log while tasks hang",
			Source: "kernel/hung_task.c, check_hung_task()", probe: bySysctl("kernel.hung_task_warnings")},
		{Name: "hung tasks: who holds the lock", Group: kernelGroup, Catches: "the likely owner of the mutex, semaphore or rwsem that a hung task waits for",
			Enable: "a newer kernel (6.16)", Build: "CONFIG_DETECT_HUNG_TASK_BLOCKER", Cost: "a word per task, two stores per wait",
			Source: "kernel/hung_task.c, debug_show_blocker()", probe: byOption("CONFIG_DETECT_HUNG_TASK_BLOCKER")},
		{Name: "soft lockups", Group: kernelGroup, Catches: "a CPU that stays in the kernel for 20 s: spinlock deadlocks and endless loops",
			Enable: "sysctl -w kernel.watchdog=1 kernel.soft_watchdog=1", Build: "CONFIG_SOFTLOCKUP_DETECTOR", Cost: "a timer and a thread that runs every 4 s per CPU",
			Source: "kernel/watchdog.c", probe: bySysctl("kernel.soft_watchdog")},
		{Name: "hard lockups", Group: kernelGroup, Catches: "a CPU that spins with interrupts off",
			Enable: "sysctl -w kernel.nmi_watchdog=1 (a virtual machine needs a virtual PMU)", Build: "CONFIG_HARDLOCKUP_DETECTOR", Cost: "one hardware counter per CPU",
			Source: "kernel/watchdog.c, watchdog_overflow_callback()", probe: bySysctl("kernel.nmi_watchdog")},
		{Name: "workqueue stalls", Group: kernelGroup, Catches: "work that is never run",
			Enable: "echo 30 > /sys/module/workqueue/parameters/watchdog_thresh", Build: "CONFIG_WQ_WATCHDOG", Cost: "a timer",
			Source: "kernel/workqueue.c, wq_watchdog_timer_fn()", probe: byParameter("/sys/module/workqueue/parameters/watchdog_thresh")},
		{Name: "RCU stalls", Group: kernelGroup, Catches: "a grace period that does not end, with the CPU or task that holds it up",
			Enable: "echo 0 > /sys/module/rcupdate/parameters/rcu_cpu_stall_suppress", Cost: "none to speak of",
			Source: "kernel/rcu/tree_stall.h", probe: byParameter("/sys/module/rcupdate/parameters/rcu_cpu_stall_timeout")},
		{Name: "lockdep", Group: kernelGroup, Catches: "lock orders and interrupt uses that could deadlock, before they do (not those of semaphores)",
			Enable: "reboot: lockdep that is off stays off until then", Build: "CONFIG_PROVE_LOCKING", Cost: "each lock operation takes some tens of times longer, about 10 MB",
			Source: "kernel/locking/lockdep.c", probe: probeLockdep},
		{Name: "lock statistics", Group: kernelGroup, Catches: "which lock classes are waited for, how long and from where",
			Enable: "sysctl -w kernel.lock_stat=1", Build: "CONFIG_LOCK_STAT", Cost: "that of lockdep, and some more per contended lock",
			Source: "Documentation/locking/lockstat.rst", probe: probeLockStat},
		{Name: "sleep in atomic context", Group: kernelGroup, Catches: "functions that may sleep under a spinlock or with interrupts off",
			Enable: "another kernel", Build: "CONFIG_DEBUG_ATOMIC_SLEEP", Cost: "a check in each function that may sleep",
			Source: "kernel/sched/core.c, __might_resched()", probe: byOption("CONFIG_DEBUG_ATOMIC_SLEEP")},
		{Name: "SysRq", Group: kernelGroup, Catches: "on request the stacks of blocked tasks (w), of all CPUs (l), and the locks held (d)",
			Enable: "sysctl -w kernel.sysrq=1", Build: "CONFIG_MAGIC_SYSRQ", Source: "Documentation/admin-guide/sysrq.rst", probe: probeSysrq},
		{Name: "kdump", Group: kernelGroup, Catches: "everything, in a memory dump, when the kernel panics (gordian diagnose vmcore)",
			Enable: "install kdump-tools, boot with crashkernel=256M", Build: "CONFIG_CRASH_DUMP and CONFIG_KEXEC", Cost: "the memory set aside",
			Source: "Documentation/admin-guide/kdump/kdump.rst", probe: probeKdump},
	}
}

func needs() []Detector {
	return []Detector{
		{Name: "rights", Group: gordianGroup, Catches: "kernel stacks, the log, and the kernel's memory", Enable: "run gordian as root", probe: probeRights},
		{Name: "outside of a container", Group: gordianGroup, Catches: "all tasks of the host", Enable: "run gordian on the host, or in a container with --pid=host --privileged", probe: probeContainer},
		{Name: "no lockdown", Group: gordianGroup, Catches: "the kernel's memory", Enable: "boot with lockdown=integrity, or without Secure Boot", Source: "security/lockdown/lockdown.c", probe: probeLockdown},
		{Name: "/proc/kcore", Group: gordianGroup, Catches: "locks, owners and waiters of this kernel as in a dump", Enable: "run gordian as root, on the host and not in a container", Build: "CONFIG_PROC_KCORE", probe: byFile("/proc/kcore", "CONFIG_PROC_KCORE")},
		{Name: "kernel types (BTF)", Group: gordianGroup, Catches: "the layout of the kernel's structs, for dumps and for tracing", Enable: "mount -t sysfs sysfs /sys", Build: "CONFIG_DEBUG_INFO_BTF", Cost: "5 MB", probe: byFile("/sys/kernel/btf/vmlinux", "CONFIG_DEBUG_INFO_BTF")},
		{Name: "eBPF", Group: gordianGroup, Catches: "lock order and contention on this kernel, and its deadlocks without /proc/kcore (gordian trace)", Enable: "take away what stands in the way", Build: "CONFIG_BPF_SYSCALL", Source: "kernel/bpf/syscall.c, bpf_prog_load()", probe: probeBPF},
		{Name: "stacks of tasks", Group: gordianGroup, Catches: "where blocked tasks wait", Enable: "run gordian as root", Build: "CONFIG_STACKTRACE", probe: byFile("/proc/self/stack", "CONFIG_STACKTRACE")},
		{Name: "functions that can be traced", Group: gordianGroup, Catches: "each acquire and release of a lock (gordian trace order)", Enable: "mount -t tracefs tracefs /sys/kernel/tracing", Build: "CONFIG_FUNCTION_TRACER", probe: byFile("/sys/kernel/tracing/available_filter_functions", "CONFIG_FUNCTION_TRACER")},
		{Name: "contention tracepoints", Group: gordianGroup, Catches: "who waits for which lock, at no cost until a lock is contended (gordian trace contention)", Enable: "a newer kernel (5.19)", probe: byFile("/sys/kernel/tracing/events/lock/contention_begin/id", "")},
		{Name: "fprobe", Group: gordianGroup, Catches: "many functions with one probe: faster attaching", Enable: "another kernel; gordian does without", Build: "CONFIG_FPROBE", probe: byOption("CONFIG_FPROBE")},
	}
}
