// SPDX-License-Identifier: GPL-2.0
/*
 * The lock order of programs: which pthread lock a thread took while it held
 * which others. The programs are attached to functions of the C library, in
 * the processes that were asked for only; what a function does is in the
 * cookie of its probe, so that six programs serve all of them.
 */
#include "held.h"

char LICENSE[] SEC("license") = "GPL";

/* Beside enum kind, in a cookie: whose locks these are. */
#define M_GLIBC 0x10000
#define M_MUSL 0x20000
#define KIND 0xffff

#define CHUNK 256  /* a stack is read in parts, because it may end anywhere */
#define CHUNKS 12
#define ALIKE 512  /* so many orders are told of one pair of places */

#define EOWNERDEAD 130
#define TID_MASK 0x3fffffff

struct lock_id {
	u64 addr;
	u64 tgid;
};

struct init {
	u64 site;
	u64 number; /* tells locks apart that follow each other at one address */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, struct lock_id);
	__type(value, struct init);
} inits SEC(".maps");

u64 made = 0;

struct order_key {
	u64 held; /* a sum over the locks that are held, and the process */
	u64 to;
	u64 kind;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct order_key);
	__type(value, u64);
} orders SEC(".maps");

/* How many orders have been told of one pair of places in the code. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct order_key);
	__type(value, u64);
} places SEC(".maps");

/* Calls of functions that may fail, until they return. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct lock);
} tries SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} events SEC(".maps");

/* bx, bp, sp, r12 … r15, ip */
#define REGS 8

struct user_event {
	u32 n, size; /* held locks; bytes of stack */
	u32 tid, tgid;
	struct order_key key;
	char comm[16];
	struct lock to;
	struct lock held[DEPTH];
	u64 regs[REGS];
	char stack[CHUNK * CHUNKS];
};

/* What the C libraries have in a lock: internal/futex/layout.go has the same. */
struct glibc_mutex {
	u32 word, count, owner, users, kind;
};

struct musl_mutex {
	u32 type, word, waiters, pad, list[4];
	u32 count;
};

/* my_tid is the number that the thread knows itself by: that of its namespace. */
static __always_inline u32 my_tid(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct pid *pid = 0;
	u32 level = 0, nr = 0;

	BPF_CORE_READ_INTO(&pid, task, thread_pid);
	BPF_CORE_READ_INTO(&level, pid, level);
	bpf_probe_read_kernel(&nr, 4, (char *)pid + bpf_core_field_offset(struct pid, numbers) + (u64)level * bpf_core_type_size(struct upid));
	return nr;
}

enum held_by { NOT_MINE, MINE, UNKNOWN };

static __always_inline int mutex_mine(u64 addr, u32 kind, u32 tid)
{
	struct glibc_mutex g = {};
	struct musl_mutex m = {};

	if (kind & M_GLIBC) {
		if (bpf_probe_read_user(&g, sizeof(g), (void *)addr) || g.kind & 0x100) /* elided: the word stays free */
			return UNKNOWN;
		if (g.kind & 0x30) /* robust and PI: the kernel's protocol */
			return (g.word & TID_MASK) == tid ? MINE : NOT_MINE;
		return g.owner == tid ? MINE : NOT_MINE;
	}
	if (!(kind & M_MUSL) || bpf_probe_read_user(&m, sizeof(m), (void *)addr))
		return UNKNOWN;
	if (!m.word)
		return NOT_MINE;
	if (!(m.type & 15)) /* a normal mutex does not say */
		return UNKNOWN;
	return (m.word & TID_MASK) == tid ? MINE : NOT_MINE;
}

static __always_inline int rwlock_mine(u64 addr, u32 kind, u32 tid)
{
	u32 word = 0, writer = 0;

	if (bpf_probe_read_user(&word, 4, (void *)addr))
		return UNKNOWN;
	if (kind & M_GLIBC) {
		if (kind & M_READ)
			return word >> 3 ? UNKNOWN : NOT_MINE;
		bpf_probe_read_user(&writer, 4, (void *)(addr + 24));
		return writer == tid ? MINE : NOT_MINE;
	}
	return word & 0x7fffffff ? UNKNOWN : NOT_MINE;
}

/* mine asks the lock itself whether the thread has it. */
__noinline int mine(u64 addr, u32 kind, u32 tid)
{
	return (kind & K_MASK) == K_USER_MUTEX ? mutex_mine(addr, kind, tid) : rwlock_mine(addr, kind, tid);
}

/* holds reports whether a lock is on the list. */
__noinline int holds(struct held *h, u64 addr)
{
	u32 i, n;

	if (!h)
		return 0;
	n = h->n;
	for (i = 0; i < DEPTH && i < n; i++)
		if (h->e[i].addr == addr)
			return 1;
	return 0;
}

/*
 * prune leaves on the list what the thread has for sure, or by all that can be
 * seen: locks that another thread released, or a part of the program that
 * does not call the library, go. It returns how many are left.
 */
__noinline int prune(struct held *h, u32 tid)
{
	u32 i, n, left = 0;

	if (!h)
		return 0;
	n = h->n;
	for (i = 0; i < DEPTH && i < n; i++) {
		struct lock *l = &h->e[i];

		if (!l->addr)
			continue;
		if (mine(l->addr, l->kind, tid) == NOT_MINE) {
			l->addr = 0;
			l->kind = 0;
			h->odd |= HOLES;
			count(C_AGAIN);
			continue;
		}
		left++;
	}
	return left;
}

static __always_inline u64 mix(u64 x)
{
	x *= 0x9E3779B97F4A7C15ULL;
	return x ^ (x >> 29);
}

static __always_inline void classify(struct lock *l, u64 tgid)
{
	struct lock_id id = { l->addr, tgid };
	struct init *i = bpf_map_lookup_elem(&inits, &id);

	l->cls = i ? i->site : 0;
	l->from = i ? i->number : 0;
}

/* is_new counts an order, and reports whether user space is to be told of it. */
__noinline int is_new(struct held *h, struct lock *to, struct order_key *k, u32 tgid)
{
	struct order_key key = { tgid }, place = { tgid };
	u64 one = 1, *old;
	u32 i, n;

	if (!h || !to || !k)
		return 0;
	classify(to, tgid);
	n = h->n;
	for (i = 0; i < DEPTH && i < n; i++) {
		struct lock *l = &h->e[i];

		if (!l->addr)
			continue;
		classify(l, tgid);
		key.held += mix(l->addr + mix(l->kind + ((u64)l->from << 32)));
		place.held += mix(l->site + l->kind);
	}
	key.to = to->addr;
	key.kind = to->kind + ((u64)to->from << 32);
	place.to = to->site;
	place.kind = to->kind;
	*k = key;
	old = bpf_map_lookup_elem(&orders, &key);
	if (old) {
		(*old)++;
		return 0;
	}
	old = bpf_map_lookup_elem(&places, &place);
	if (old && *old >= ALIKE) {
		count(C_ALIKE);
		return 0;
	}
	if (bpf_map_update_elem(&orders, &key, &one, BPF_NOEXIST)) {
		count(C_NO_EDGE);
		return 0;
	}
	if (old)
		__sync_fetch_and_add(old, 1);
	else
		bpf_map_update_elem(&places, &place, &one, BPF_ANY);
	return 1;
}

/* tell writes one event, with as much of the stack as user space follows it by. */
static __always_inline int tell(struct pt_regs *r, struct held *h, struct lock *to, struct order_key *k)
{
	struct user_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	u64 id = bpf_get_current_pid_tgid();
	u32 i;

	if (!e) {
		count(C_NO_EVENT);
		return 0;
	}
	e->n = h->n;
	e->size = 0;
	e->tid = id;
	e->tgid = id >> 32;
	e->key = *k;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->to = *to;
	__builtin_memcpy(e->held, h->e, sizeof(e->held));
	e->regs[0] = r->bx;
	e->regs[1] = r->bp;
	e->regs[2] = r->sp;
	e->regs[3] = r->r12;
	e->regs[4] = r->r13;
	e->regs[5] = r->r14;
	e->regs[6] = r->r15;
	e->regs[7] = r->ip;
	for (i = 0; i < CHUNKS; i++) {
		if (bpf_probe_read_user(e->stack + i * CHUNK, CHUNK, (void *)(r->sp + i * CHUNK)))
			break;
		e->size += CHUNK;
	}
	bpf_ringbuf_submit(e, 0);
	return 1;
}

static __always_inline void nested(struct pt_regs *r, struct held *h, struct lock *to)
{
	struct order_key k = {};

	if (is_new(h, to, &k, bpf_get_current_pid_tgid() >> 32) && !tell(r, h, to, &k))
		bpf_map_delete_elem(&orders, &k);
}

/*
 * acquire notes a lock. It does so when the call begins: until it returns the
 * thread does nothing else, and a call that fails leaves a lock that is not
 * the thread's, which prune() sees.
 */
static __always_inline int acquire(struct pt_regs *r, struct lock *l)
{
	u64 t = self();
	struct held *h;
	u32 n, tid;

	if (!t)
		return 0;
	h = slot(t, true);
	if (!h) {
		count(C_NO_SLOT);
		return 0;
	}
	n = h->n;
	if (n) {
		tid = my_tid();
		if (holds(h, l->addr) && mine(l->addr, l->kind, tid) == MINE)
			return 0; /* recursive, or refused, or a hang for ever: no order in any case */
		if (holds(h, l->addr) && !(l->kind & M_READ)) {
			drop(h, &l->addr);
			count(C_AGAIN);
		}
		if (prune(h, tid) && !(l->kind & M_TRY) && !holds(h, l->addr))
			nested(r, h, l);
		n = h->odd & HOLES ? trim(h) : n;
		if (n >= DEPTH) {
			count(C_TOO_DEEP);
			n = 0;
			h->odd &= ~HOLES;
		}
	}
	barrier_var(n); /* the compiler knows that n is below DEPTH, and the verifier does not */
	h->e[n & (DEPTH - 1)] = *l;
	h->n = n + 1;
	return 0;
}

static __always_inline void describe(struct lock *l, struct pt_regs *r, u64 addr)
{
	l->addr = addr;
	l->kind = bpf_get_attach_cookie(r);
	bpf_probe_read_user(&l->site, 8, (void *)r->sp);
	if ((l->kind & K_MASK) == K_USER_RWLOCK && l->kind & M_READ) {
		u32 prefers = 0;

		/* glibc: PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP; musl has no such thing */
		if (l->kind & M_GLIBC)
			bpf_probe_read_user(&prefers, 4, (void *)(addr + 48));
		if (prefers != 2)
			l->kind |= M_PASSES;
	}
}

SEC("uprobe") int take(struct pt_regs *r)
{
	struct lock l = {};

	describe(&l, r, r->di);
	return acquire(r, &l);
}

/* What may fail in daily life is noted when it has not. */
SEC("uprobe") int try_begin(struct pt_regs *r)
{
	u64 t = self();
	struct lock l = {};

	if (!t)
		return 0;
	describe(&l, r, r->di);
	bpf_map_update_elem(&tries, &t, &l, BPF_ANY);
	return 0;
}

SEC("uprobe") int try_end(struct pt_regs *r)
{
	u64 t = self();
	struct lock *l, mine;

	if (!t)
		return 0;
	l = bpf_map_lookup_elem(&tries, &t);
	if (!l)
		return 0;
	mine = *l;
	bpf_map_delete_elem(&tries, &t);
	if ((u32)r->ax && (u32)r->ax != EOWNERDEAD)
		return 0;
	mine.kind |= M_TRY;
	return acquire(r, &mine);
}

/* stays reports whether a recursive mutex is still held after an unlock. */
static __always_inline bool stays(u64 addr, u32 kind)
{
	struct glibc_mutex g = {};
	struct musl_mutex m = {};

	if ((kind & K_MASK) != K_USER_MUTEX)
		return false;
	if (kind & M_GLIBC)
		return !bpf_probe_read_user(&g, sizeof(g), (void *)addr) && (g.kind & 3) == 1 && g.count > 1;
	return !bpf_probe_read_user(&m, sizeof(m), (void *)addr) && (m.type & 3) == 1 && m.count;
}

SEC("uprobe") int let_go(struct pt_regs *r)
{
	u64 t = self(), addr = r->di;
	struct held *h = t ? slot(t, false) : 0;
	u32 n;

	if (!h || !h->n) {
		if (t)
			count(C_UNPAIRED);
		return 0;
	}
	if (stays(addr, bpf_get_attach_cookie(r)))
		return 0;
	n = h->n;
	if (h->e[(n - 1) & (DEPTH - 1)].addr == addr) {
		set_count(h, t, n - 1);
		return 0;
	}
	if (!drop(h, &addr))
		count(C_UNPAIRED);
	set_count(h, t, h->n);
	return 0;
}

/*
 * A wait for a condition variable lets the mutex go and takes it again, under
 * all else that the thread holds.
 */
SEC("uprobe") int cond_wait(struct pt_regs *r)
{
	struct lock l = {};
	u64 t = self();
	struct held *h = t ? slot(t, false) : 0;

	if (!h)
		return 0;
	describe(&l, r, r->si);
	if (h->e[0].addr == l.addr && h->n == 1)
		return 0; /* the usual case: nothing else is held */
	if (!drop(h, &l.addr))
		return 0;
	return acquire(r, &l);
}

SEC("uprobe") int initialise(struct pt_regs *r)
{
	struct lock_id id = { r->di, bpf_get_current_pid_tgid() >> 32 };
	struct init i = {};

	if (!*(volatile u64 *)&epoch)
		return 0;
	bpf_probe_read_user(&i.site, 8, (void *)r->sp);
	i.number = (u32)__sync_fetch_and_add(&made, 1) + 1;
	bpf_map_update_elem(&inits, &id, &i, BPF_ANY);
	return 0;
}

static __always_inline int forget(void)
{
	u64 t = self();
	struct held *h = t ? slot(t, false) : 0;

	if (h) {
		if (h->n)
			count(C_LEFT_HELD);
		set_count(h, t, 0);
	}
	return 0;
}

/* What a thread holds when it ends, or when its process becomes another program, is nobody's. */
SEC("raw_tp/sched_process_exit") int task_exit(void *ctx) { return forget(); }
SEC("raw_tp/sched_process_exec") int task_exec(void *ctx) { return forget(); }
