/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What each task holds at this moment.
 *
 * A task has a slot only while it holds something, so a table of a few
 * thousand slots serves any number of tasks, and finding one's slot is an
 * index into a variable instead of a map or a task-storage lookup, which would
 * be most of the price of an uncontended lock.
 */
#ifndef GORDIAN_HELD_H
#define GORDIAN_HELD_H

#include "kernel.h"

#define DEPTH 16
#define SLOTS 4096 /* the kernel takes variables of up to 4 MB: kernel/bpf/arraymap.c, array_map_alloc_check() */
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

/* What is odd about a slot. */
enum odd {
	HOLES = 1, /* some of the entries are empty: their addr is 0 */
	GUEST = 2, /* the first slot of its owner belonged to somebody else */
};

struct held {
	u64 owner; /* see self(), 0: free, and nothing else is set */
	union {
		struct {
			u32 n;
			u32 odd;
		};
		u64 state; /* both: 1 is one lock and nothing odd */
	};
	u32 away; /* tasks whose slot this should be, and that have another */
	u32 unused;
	struct lock e[DEPTH];
};

struct held slots[SLOTS];

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

/* The upper half counts; 0 switches everything off, and a new value makes all that is held forgotten. */
u64 epoch = 0;
const volatile u32 self_tgid = 0;
const volatile bool filtered = false; /* only some tasks are followed: */
const volatile u32 only_tgid = 0;
const volatile u64 only_cgroup = 0;
const volatile u32 cgroup_level = 0; /* so many levels below the root */

/*
 * The functions that are not static are verified once for each program, and
 * not once for each way that leads to them: loading is several times faster.
 */
__noinline int followed(u32 tgid)
{
	if (only_tgid && tgid != only_tgid)
		return 0;
	return !only_cgroup || bpf_get_current_ancestor_cgroup_id(cgroup_level) == only_cgroup;
}

/*
 * self returns who runs, as owners of slots are called: the epoch and the
 * thread's id. It is 0 for a task that is not followed.
 */
static __always_inline u64 self(void)
{
	u64 now = *(volatile u64 *)&epoch, task;
	u32 tgid;

	if (!now)
		return 0;
	task = bpf_get_current_pid_tgid();
	tgid = task >> 32;
	if (tgid == self_tgid)
		return 0;
	if (filtered && !followed(tgid))
		return 0;
	return now | (u32)task;
}

static __always_inline struct held *at(u32 k)
{
	return &slots[k & (SLOTS - 1)];
}

/*
 * probe finds or claims a slot when the first one belongs to somebody else,
 * and returns its number or -1. A slot of an earlier epoch is free.
 */
__noinline int probe(u64 task, u32 make)
{
	u32 first = task, i, k;
	struct held *h;
	u64 old;

	for (i = 0; i < PROBES; i++) {
		k = (first ^ i) & (SLOTS - 1);
		if (at(k)->owner == task)
			return k;
	}
	if (!make)
		return -1;
	for (i = 0; i < PROBES; i++) {
		k = (first ^ i) & (SLOTS - 1);
		h = at(k);
		old = h->owner;
		if (old >> 32 == task >> 32 || __sync_val_compare_and_swap(&h->owner, old, task) != old)
			continue;
		h->n = 0;
		h->odd = i ? GUEST : 0;
		if (i)
			__sync_fetch_and_add(&at(first)->away, 1);
		return k;
	}
	return -1;
}

/* slot finds the list of a task, or makes one. */
static __always_inline struct held *slot(u64 task, bool make)
{
	struct held *h = at(task);
	int k;

	if (h->owner == task)
		return h;
	if (!make && !h->away)
		return 0;
	if (make && !h->away && !__sync_val_compare_and_swap(&h->owner, 0, task))
		return h;
	k = probe(task, make);
	return k < 0 ? 0 : at(k);
}

/* leave frees the slot of a task that holds nothing any more. */
static __always_inline void leave(struct held *h, u64 task)
{
	if (h->odd & GUEST)
		__sync_fetch_and_add(&at(task)->away, -1);
	h->state = 0;
	barrier(); /* whoever claims it finds it empty */
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
		h->odd |= HOLES;
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
	if (n && h->odd & HOLES)
		h->n = n = trim(h);
	if (!n)
		leave(h, task);
}

#endif
