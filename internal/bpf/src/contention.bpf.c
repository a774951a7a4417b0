// SPDX-License-Identifier: GPL-2.0
/*
 * How long the kernel waits for its locks, and where: the tracepoints
 * lock:contention_begin and contention_end (5.19) are on the slow paths only,
 * so a lock that is free costs nothing more.
 */
#include "kernel.h"

char LICENSE[] SEC("license") = "GPL";

#define IMAGE 0xffffffff80000000ULL
#define BUCKETS 32

/* include/trace/events/lock.h */
enum { LCB_SPIN = 1, LCB_READ = 2, LCB_WRITE = 4, LCB_RT = 8, LCB_PERCPU = 16, LCB_MUTEX = 32 };

struct wait {
	u64 begin;
	u64 lock;
	u32 flags;
	s32 stack;
};

/* One task waits for one sleeping lock at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, u32);
	__type(value, struct wait);
} sleeping SEC(".maps");

/*
 * One CPU spins for one lock at a time, or for a few when interrupts nest: the
 * innermost is measured. No map with locks of its own is changed here, in the
 * slow path of a spinlock.
 */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct wait);
} spinning SEC(".maps");

struct site {
	u64 lock; /* 0 for a lock in allocated memory: there are too many */
	u32 flags;
	s32 stack;
};

struct stat {
	u64 count, total, longest, sample; /* sample: address of one such lock */
	u32 bucket[BUCKETS];		   /* by the logarithm of nanoseconds */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, struct site);
	__type(value, struct stat);
} sites SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 8192);
	__uint(key_size, 4);
	__uint(value_size, 32 * 8);
} stacks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} owners SEC(".maps");

/* Who had the lock when another task began to wait. */
struct owner_event {
	struct site site;
	u32 pid, waiter;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

enum { C_NO_WAIT, C_NO_SITE, C_NO_STACK, C_HIDDEN };

const volatile u32 self_tgid = 0;
u64 last_owner = 0;

#define OWNER_EVERY 10000000ULL /* ns between two looks at an owner */

static __always_inline void count(u32 i)
{
	u64 *v = bpf_map_lookup_elem(&counts, &i);

	if (v)
		(*v)++;
}

static __always_inline void make_site(struct site *s, struct wait *w)
{
	s->lock = w->lock >= IMAGE ? w->lock : 0;
	s->flags = w->flags;
	s->stack = w->stack;
}

/* tell_owner asks user space, now and then, to look at who has the lock. */
static __always_inline void tell_owner(struct wait *w)
{
	struct owner_event *e;
	unsigned long owner = 0;

	if (w->begin - last_owner < OWNER_EVERY)
		return;
	if (w->flags & LCB_MUTEX)
		bpf_probe_read_kernel(&owner, 8, (void *)(w->lock + bpf_core_field_offset(struct mutex, owner)));
	else if (w->flags == LCB_READ || w->flags == LCB_WRITE)
		bpf_probe_read_kernel(&owner, 8, (void *)(w->lock + bpf_core_field_offset(struct rw_semaphore, owner)));
	if (!(owner & ~7UL))
		return;
	e = bpf_ringbuf_reserve(&owners, sizeof(*e), 0);
	if (!e)
		return;
	last_owner = w->begin;
	__builtin_memset(e, 0, sizeof(*e));
	make_site(&e->site, w);
	e->waiter = bpf_get_current_pid_tgid();
	BPF_CORE_READ_INTO(&e->pid, (struct task_struct *)(owner & ~7UL), pid);
	BPF_CORE_READ_STR_INTO(&e->comm, (struct task_struct *)(owner & ~7UL), comm);
	bpf_ringbuf_submit(e, 0);
}

SEC("tp_btf/contention_begin") int contention_begin(u64 *ctx)
{
	u64 id = bpf_get_current_pid_tgid();
	struct wait w = { .begin = bpf_ktime_get_ns(), .flags = ctx[1] }, *slot;
	u32 tid = id, zero = 0;

	if (id >> 32 == self_tgid)
		return 0;
	bpf_probe_read_kernel(&w.lock, 8, &ctx[0]);
	w.stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	if (w.stack < 0)
		count(C_NO_STACK);
	if (w.flags == LCB_SPIN || !tid || (w.flags & LCB_SPIN && !(w.flags & LCB_MUTEX))) {
		slot = bpf_map_lookup_elem(&spinning, &zero);
		if (slot && slot->begin)
			count(C_HIDDEN);
		if (slot)
			*slot = w;
		return 0;
	}
	/* A mutex spins first, then sleeps: one wait, from the first begin on. */
	slot = bpf_map_lookup_elem(&sleeping, &tid);
	if (slot && slot->lock == w.lock)
		return 0;
	if (bpf_map_update_elem(&sleeping, &tid, &w, BPF_ANY))
		count(C_NO_WAIT);
	else
		tell_owner(&w);
	return 0;
}

static __always_inline u32 log2(u64 v)
{
	u32 r = 0;

	for (int i = 5; i >= 0; i--)
		if (v >> (1 << i)) {
			v >>= 1 << i;
			r += 1 << i;
		}
	return r < BUCKETS ? r : BUCKETS - 1;
}

static __always_inline void add(struct wait *w)
{
	u64 took = bpf_ktime_get_ns() - w->begin;
	struct stat fresh = {}, *s;
	struct site k = {};
	u32 b = log2(took);

	make_site(&k, w);
	s = bpf_map_lookup_elem(&sites, &k);
	if (!s) {
		fresh.sample = w->lock;
		bpf_map_update_elem(&sites, &k, &fresh, BPF_NOEXIST);
		s = bpf_map_lookup_elem(&sites, &k);
	}
	if (!s) {
		count(C_NO_SITE);
		return;
	}
	__sync_fetch_and_add(&s->count, 1);
	__sync_fetch_and_add(&s->total, took);
	if (took > s->longest)
		s->longest = took;
	__sync_fetch_and_add(&s->bucket[b & (BUCKETS - 1)], 1);
}

SEC("tp_btf/contention_end") int contention_end(u64 *ctx)
{
	u32 tid = bpf_get_current_pid_tgid(), zero = 0;
	struct wait *w, copy;
	u64 lock = 0;

	bpf_probe_read_kernel(&lock, 8, &ctx[0]);
	w = bpf_map_lookup_elem(&spinning, &zero);
	if (w && w->begin && w->lock == lock) {
		copy = *w;
		w->begin = 0;
		add(&copy);
		return 0;
	}
	w = bpf_map_lookup_elem(&sleeping, &tid);
	if (!w || w->lock != lock)
		return 0;
	copy = *w;
	bpf_map_delete_elem(&sleeping, &tid);
	add(&copy);
	return 0;
}
