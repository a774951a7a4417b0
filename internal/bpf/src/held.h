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
#define SLOTS 8192
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
	K_USER_MUTEX,
	K_USER_RWLOCK,
	K_MASK = 0xff,
	M_READ = 0x100,
	M_TRY = 0x200,	    /* taken by trylock: cannot have waited */
	M_WAIT = 0x400,	    /* waited for, never held */
	M_COMPLETES = 0x800, /* let go by the task that holds the others */
	M_PASSES = 0x1000,   /* a reader that does not wait behind waiting writers */
};

struct lock {
	u64 addr;
	u64 site; /* return address of the call that took it */
	u64 cls;  /* see classify(), 0: not asked for yet */
	u32 kind;
	u32 from; /* enum origin */
};

struct held {
	u64 owner; /* see self(), 0: free */
	u32 n;
	u32 holes; /* some of the entries are empty: their addr is 0 */
	u32 away;  /* tasks whose slot this should be, and that have another */
	u32 guest; /* the owner is such a task */
	struct lock e[DEPTH];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS);
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
	C_ALIKE,     /* programs: orders at places that have shown many others */
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
u32 epoch = 0;
const volatile u32 self_tgid = 0;
const volatile bool filtered = false; /* only some tasks are followed: */
const volatile u32 only_tgid = 0;
const volatile u64 only_cgroup = 0;

/*
 * self returns who runs, as owners of slots are called: the epoch and the
 * thread's id. It is 0 for a task that is not followed.
 */
static __always_inline u64 self(void)
{
	u32 now = *(volatile u32 *)&epoch, tgid;
	u64 task;

	if (!now)
		return 0;
	task = bpf_get_current_pid_tgid();
	tgid = task >> 32;
	if (tgid == self_tgid)
		return 0;
	if (filtered) {
		if (only_tgid && tgid != only_tgid)
			return 0;
		if (only_cgroup && bpf_get_current_cgroup_id() != only_cgroup)
			return 0;
	}
	return (u64)now << 32 | (u32)task;
}

/*
 * The functions that are not static are verified once for each program, and
 * not once for each way that leads to them: loading is several times faster.
 *
 * probe finds or claims a slot when the first one belongs to somebody else,
 * and returns its number or -1. A slot of an earlier epoch is free.
 */
__noinline int probe(u64 task, u32 claim)
{
	u32 first = (u32)task & (SLOTS - 1), i, k = first;
	struct held *h, *home = bpf_map_lookup_elem(&slots, &k);
	u64 old;

	if (!home)
		return -1;
	for (i = 0; i < PROBES; i++) {
		k = first ^ i;
		h = bpf_map_lookup_elem(&slots, &k);
		if (h && h->owner == task)
			return k;
	}
	if (!claim)
		return -1;
	for (i = 0; i < PROBES; i++) {
		k = first ^ i;
		h = bpf_map_lookup_elem(&slots, &k);
		if (!h)
			break;
		old = h->owner;
		if (old >> 32 == task >> 32 || __sync_val_compare_and_swap(&h->owner, old, task) != old)
			continue;
		h->n = h->holes = 0;
		h->guest = i != 0;
		if (i)
			__sync_fetch_and_add(&home->away, 1);
		return k;
	}
	return -1;
}

/* slot finds the list of a task, or makes one. */
static __always_inline struct held *slot(u64 task, bool claim)
{
	u32 k = (u32)task & (SLOTS - 1);
	struct held *h = bpf_map_lookup_elem(&slots, &k);

	if (!h || h->owner == task)
		return h;
	if (!claim && !h->away)
		return 0;
	if (claim && !h->away && !__sync_val_compare_and_swap(&h->owner, 0, task))
		return h;
	k = probe(task, claim);
	return bpf_map_lookup_elem(&slots, &k);
}

__noinline int come_home(u64 task)
{
	u32 k = (u32)task & (SLOTS - 1);
	struct held *home = bpf_map_lookup_elem(&slots, &k);

	if (home)
		__sync_fetch_and_add(&home->away, -1);
	return 0;
}

/* leave frees the slot of a task that holds nothing any more. */
static __always_inline void leave(struct held *h, u64 task)
{
	if (h->guest) {
		h->guest = 0;
		come_home(task);
	}
	h->holes = 0;
	h->owner = 0;
}

/*
 * drop takes a lock out of the list, wherever it is, and leaves a hole: moving
 * the others down would take the verifier a hundred times as long to follow.
 */
__noinline int drop(struct held *h, u64 *lock)
{
	u32 n, i;
	u64 addr;

	if (!h || !lock)
		return 0;
	addr = *lock;
	n = h->n;
	for (i = 0; i < DEPTH && i < n; i++) {
		struct lock *l = &h->e[(n - 1 - i) & (DEPTH - 1)];

		if (l->addr != addr)
			continue;
		l->addr = 0;
		l->kind = 0;
		l->cls = 1;
		h->holes = 1;
		return 1;
	}
	return 0;
}

/* trim ends the list at its last lock. */
__noinline int trim(struct held *h)
{
	u32 n, i;

	if (!h)
		return 0;
	n = h->n;
	for (i = 0; i < DEPTH; i++) {
		if (!n || h->e[(n - 1) & (DEPTH - 1)].addr)
			break;
		n--;
	}
	return n;
}

static __always_inline void set_count(struct held *h, u64 task, u32 n)
{
	h->n = n;
	if (n && h->holes)
		h->n = n = trim(h);
	if (!n)
		leave(h, task);
}

#endif
