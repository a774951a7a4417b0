// SPDX-License-Identifier: GPL-2.0
/*
 * Makes a lock-order deadlock that is possible happen now. Every task of the
 * module under test that holds one lock and is about to take another is held up
 * for a moment, until the tasks that are held up, and the locks that they hold
 * and want, form a cycle. Then they all go on, into the deadlock. Tasks that
 * form none go on after wait_ms, as if nothing had been.
 *
 * A task is held up where the function that takes its second lock begins, in a
 * kprobe, with preemption off: nothing of its state changes, but it keeps its CPU.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

#define MAX_PROBES 32
#define MAX_TASKS 64
#define MAX_HELD 8
#define MAX_SITES 64

static char *target;
module_param(target, charp, 0444);
MODULE_PARM_DESC(target, "module under test; it is loaded after this one");

static char *acquire[MAX_PROBES];
static int acquires;
module_param_array(acquire, charp, &acquires, 0444);
MODULE_PARM_DESC(acquire, "functions that take the lock that is their first argument");

static char *release[MAX_PROBES];
static int releases;
module_param_array(release, charp, &releases, 0444);
MODULE_PARM_DESC(release, "functions that release it");

static char *only[MAX_PROBES];
static int onlys;
module_param_array(only, charp, &onlys, 0444);
MODULE_PARM_DESC(only, "hold up tasks that take their second lock in these functions (default: all)");

static uint wait_ms = 100;
module_param(wait_ms, uint, 0644);
MODULE_PARM_DESC(wait_ms, "how long a task waits for the others");

static uint patience = 4;
module_param(patience, uint, 0444);
MODULE_PARM_DESC(patience, "how often tasks wait in vain at one place before that is given up");

struct hold {
	unsigned long lock;
	unsigned long site;	/* where it was taken: a return address */
};

/* One task, or the interrupt handler on top of it, that holds or wants locks. */
struct party {
	unsigned long id;	/* 0: the slot is free */
	pid_t pid;
	char comm[TASK_COMM_LEN];
	int nheld;
	struct hold held[MAX_HELD];
	struct hold wants;	/* lock 0: it is not held up */
	bool go;
};

struct site {
	unsigned long addr;
	uint vain;
};

static struct party parties[MAX_TASKS];
static struct site sites[MAX_SITES];
static struct kprobe probes[2 * MAX_PROBES];
static int nprobes;
static struct module *under_test;

/*
 * A lock of our own making: the kernel's are what is probed. Probes do not
 * nest, and interrupts are off while it is held.
 */
static atomic_t busy = ATOMIC_INIT(0);

static unsigned long enter(void)
{
	unsigned long flags;

	local_irq_save(flags);
	while (atomic_cmpxchg_acquire(&busy, 0, 1))
		cpu_relax();
	return flags;
}

static void leave(unsigned long flags)
{
	atomic_set_release(&busy, 0);
	local_irq_restore(flags);
}

/* An interrupt takes locks in the name of the task below it, but is another. */
static unsigned long whoami(void)
{
	return (unsigned long)current | (in_hardirq() ? 2 : in_serving_softirq() ? 1 : 0);
}

static struct party *find(unsigned long id)
{
	int i;

	for (i = 0; i < MAX_TASKS; i++)
		if (parties[i].id == id)
			return &parties[i];
	return NULL;
}

static struct party *find_or_add(unsigned long id)
{
	struct party *p = find(id);

	if (p)
		return p;
	p = find(0);
	if (!p)
		return NULL;
	memset(p, 0, sizeof(*p));
	p->id = id;
	p->pid = current->pid;
	memcpy(p->comm, current->comm, sizeof(p->comm));
	return p;
}

/* Who holds a lock; *since gets how. Of several readers it is any. */
static struct party *holder(unsigned long lock, struct hold **since)
{
	int i, j;

	for (i = 0; i < MAX_TASKS; i++)
		for (j = 0; parties[i].id && j < parties[i].nheld; j++)
			if (parties[i].held[j].lock == lock) {
				*since = &parties[i].held[j];
				return &parties[i];
			}
	return NULL;
}

/* Follows p's wish to its holder, and on, until it comes back to p or ends. */
static int cycle(struct party *p)
{
	struct party *q = p;
	struct hold *since;
	int n;

	for (n = 0; n < MAX_TASKS; n++) {
		if (!q->wants.lock || q->go)
			return 0;
		q = holder(q->wants.lock, &since);
		if (!q)
			return 0;
		if (q == p)
			return n + 1;
	}
	return 0;
}

/* The way that a vain wait is counted by; NULL when there are too many places. */
static struct site *site(unsigned long addr)
{
	int i;

	for (i = 0; i < MAX_SITES; i++) {
		if (!sites[i].addr)
			sites[i].addr = addr;
		if (sites[i].addr == addr)
			return &sites[i];
	}
	return NULL;
}

/* Whether the function around addr is one that the user has named. */
static bool wanted(unsigned long addr)
{
	char name[KSYM_SYMBOL_LEN];
	int i;

	if (!onlys)
		return true;
	sprint_symbol_no_offset(name, addr);
	*strchrnul(name, ' ') = 0;	/* "function [module]" */
	for (i = 0; i < onlys; i++)
		if (!strcmp(name, only[i]))
			return true;
	return false;
}

static void announce(struct party *p, int n)
{
	struct party *q = p;
	struct hold *since;

	pr_info("schedule of %d tasks:\n", n);
	do {
		q = holder(q->wants.lock, &since);
		pr_info("%s/%d holds %pS since %pS, and takes %pS at %pS\n", q->comm, q->pid,
			(void *)since->lock, (void *)since->site, (void *)q->wants.lock, (void *)q->wants.site);
		q->go = true;
	} while (q != p);
}

/* Holds up p until it is part of a cycle, or its time is over. */
static void hold_up(struct party *p, struct site *s)
{
	u64 end = ktime_get_mono_fast_ns() + (u64)wait_ms * NSEC_PER_MSEC;
	unsigned long flags;
	bool go = false;

	while (!go && ktime_get_mono_fast_ns() < end) {
		int n;

		cpu_relax();
		flags = enter();
		n = cycle(p);
		if (n > 1)
			announce(p, n);
		go = p->go;
		leave(flags);
	}
	flags = enter();
	p->wants.lock = 0;
	if (!p->go)
		s->vain++;
	p->go = false;
	leave(flags);
}

static int before_acquire(struct kprobe *k, struct pt_regs *regs)
{
	unsigned long caller = *(unsigned long *)kernel_stack_pointer(regs);
	struct hold h = { .lock = regs_get_kernel_argument(regs, 0), .site = caller };
	struct module *mod = READ_ONCE(under_test);
	struct site *s = NULL;
	struct party *p;
	unsigned long flags;

	if (!mod || !within_module(caller, mod))
		return 0;
	flags = enter();
	p = find_or_add(whoami());
	if (p && p->nheld && p->nheld < MAX_HELD && wanted(caller))
		s = site(caller);
	if (s && s->vain < patience)
		p->wants = h;
	else
		s = NULL;
	leave(flags);
	if (s)
		hold_up(p, s);
	flags = enter();
	if (p && p->nheld < MAX_HELD)
		p->held[p->nheld++] = h;
	leave(flags);
	return 0;
}

static int before_release(struct kprobe *k, struct pt_regs *regs)
{
	unsigned long caller = *(unsigned long *)kernel_stack_pointer(regs);
	unsigned long lock = regs_get_kernel_argument(regs, 0);
	struct module *mod = READ_ONCE(under_test);
	struct hold *since;
	struct party *p;
	unsigned long flags;
	int i;

	if (!mod || !within_module(caller, mod))
		return 0;
	flags = enter();
	p = find(whoami());
	if (!p)	/* a semaphore may be released by another task */
		p = holder(lock, &since);
	for (i = 0; p && i < p->nheld; i++) {
		if (p->held[i].lock != lock)
			continue;
		p->nheld--;
		memmove(&p->held[i], &p->held[i + 1], (p->nheld - i) * sizeof(p->held[0]));
		if (!p->nheld)
			p->id = 0;
		break;
	}
	leave(flags);
	return 0;
}

static int module_event(struct notifier_block *nb, unsigned long action, void *data)
{
	struct module *mod = data;

	if (strcmp(mod->name, target))
		return NOTIFY_OK;
	if (action == MODULE_STATE_COMING) {	/* its text, and so all places, are new */
		memset(sites, 0, sizeof(sites));
		memset(parties, 0, sizeof(parties));
		WRITE_ONCE(under_test, mod);
	}
	if (action == MODULE_STATE_GOING)
		WRITE_ONCE(under_test, NULL);
	return NOTIFY_OK;
}

static struct notifier_block module_events = { .notifier_call = module_event };

static int probe(char **names, int n, kprobe_pre_handler_t handler)
{
	int i, err, ok = 0;

	for (i = 0; i < n; i++) {
		struct kprobe *k = &probes[nprobes];

		memset(k, 0, sizeof(*k));
		k->symbol_name = names[i];
		k->pre_handler = handler;
		err = register_kprobe(k);
		if (err) {
			pr_warn("%s cannot be probed: %d\n", names[i], err);
			continue;
		}
		nprobes++;
		ok++;
	}
	return ok;
}

static void unprobe(void)
{
	while (nprobes)
		unregister_kprobe(&probes[--nprobes]);
}

static int __init explore_init(void)
{
	int err;

	if (!target)
		return -EINVAL;
	if (!probe(acquire, acquires, before_acquire) || !probe(release, releases, before_release)) {
		unprobe();
		return -ENOENT;
	}
	err = register_module_notifier(&module_events);
	if (err)
		unprobe();
	return err;
}
module_init(explore_init);

static void __exit explore_exit(void)
{
	unregister_module_notifier(&module_events);
	unprobe();
}
module_exit(explore_exit);

MODULE_DESCRIPTION("Brings tasks to where they deadlock, if they can");
MODULE_LICENSE("GPL");
