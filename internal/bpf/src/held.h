/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each task holds at this moment.
 *
 * A task has a slot only while it holds something, so a table of a few
 * thousand slots serves any number of tasks, and finding one's slot is an
 * array index instead of a hash or a task-storage lookup, which would be most
 * of the price of an uncontended lock.
 */
#ifndef GORDIAN_HELD_H
#define GORDIAN_HELD_H

#include "kernel.h"

#define DEPTH 16
#define SLOT_BITS 13
#define PROBES 8

/* Kinds of locks, and how they are taken: internal/bpf/order.go has the same. */
enum kind {
	K_MUTEX = 1,
	K_SEM,
	K_RWSEM,
	K_RTMUTEX,
	K_WWMUTEX,
	K_PERCPU,
	K_COMPLETION,
	K_WORK,
	K_MASK = 0xff,
	M_READ = 0x100,
	M_TRY = 0x200,	    /* taken by trylock: cannot have waited */
	M_WAIT = 0x400,	    /* waited for, never held */
	M_COMPLETES = 0x800, /* let go by the task that holds the others */
};

struct lock {
	u64 addr;
	u64 site; /* return address of the call that took it */
	u64 cls;  /* see classify(), 0: not asked for yet */
	u32 kind;
	u32 from; /* enum origin */
};

struct held {
	u64 task; /* tgid and tid of the owner of this slot, 0: free */
	u32 epoch;
	u32 holes; /* some of the entries are empty: their addr is 0 */
	u64 n;
	struct lock e[DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1 << SLOT_BITS);
	__type(key, u32);
	__type(value, struct held);
} slots SEC(".maps");

/* What went wrong, for the reader to show: internal/bpf/order.go names them. */
enum count {
	C_NO_SLOT,   /* acquisitions of tasks for which no slot was free */
	C_TOO_DEEP,  /* held more than DEPTH: the list was emptied */
	C_UNPAIRED,  /* releases of what the task was not seen to take */
	C_AGAIN,     /* taken while already held: a release was missed */
	C_NO_EDGE,   /* new orders for which the table had no room */
	C_NO_EVENT,  /* events for which the ring had no room: the order is forgotten and comes again */
	C_LEFT_HELD, /* locks that a task held when it exited */
	C_ORDERS,    /* orders looked at */
	C_LAST,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, C_LAST);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

static __always_inline void count(u32 i)
{
	u64 *v = bpf_map_lookup_elem(&counts, &i);

	if (v)
		(*v)++;
}

/* 0 switches everything off; a new value makes all that is held forgotten. */
volatile u32 epoch = 0;
const volatile u32 self_tgid = 0;
const volatile u32 only_tgid = 0;
const volatile u64 only_cgroup = 0;

static __always_inline u32 slot_of(u64 task)
{
	return ((task & 0xffffffff) * 0x9E3779B97F4A7C15ULL) >> (64 - SLOT_BITS);
}

/*
 * The functions that are not static are verified once for each program, and
 * not once for each way that leads to them: loading is several times faster.
 *
 * probe finds or claims a slot when the first one belongs to somebody else,
 * and returns its number or -1.
 */
__noinline int probe(u64 task, u32 claim)
{
	u32 first = slot_of(task), i, k;
	struct held *h;

	for (i = 0; i < PROBES; i++) {
		k = first ^ i;
		h = bpf_map_lookup_elem(&slots, &k);
		if (h && h->task == task)
			return k;
	}
	if (!claim)
		return -1;
	for (i = 0; i < PROBES; i++) {
		k = first ^ i;
		h = bpf_map_lookup_elem(&slots, &k);
		if (h && !h->task && !__sync_val_compare_and_swap(&h->task, 0, task)) {
			h->n = h->holes = 0;
			return k;
		}
	}
	return -1;
}

static __always_inline struct held *slot(u64 task, bool claim)
{
	u32 k = slot_of(task);
	struct held *h = bpf_map_lookup_elem(&slots, &k);

	if (!h || h->task != task) {
		k = probe(task, claim);
		h = bpf_map_lookup_elem(&slots, &k);
	}
	if (h && h->epoch != epoch) {
		h->epoch = epoch;
		h->n = h->holes = 0;
	}
	return h;
}

/* current_task returns who runs, or 0 for one that is not followed. */
static __always_inline u64 current_task(void)
{
	u64 task;

	if (!epoch)
		return 0;
	task = bpf_get_current_pid_tgid();
	if (task >> 32 == self_tgid)
		return 0;
	if (only_tgid && task >> 32 != only_tgid)
		return 0;
	if (only_cgroup && bpf_get_current_cgroup_id() != only_cgroup)
		return 0;
	return task;
}

#endif
