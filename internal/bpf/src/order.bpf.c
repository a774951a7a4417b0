// SPDX-License-Identifier: GPL-2.0
/*
 * The lock-order graph of the running kernel: which class of locks was taken
 * while which others were held. An order is told to user space once; after
 * that only its counter moves.
 */
#include "held.h"

char LICENSE[] SEC("license") = "GPL";

#define STACK 32
#define NAME 48

/* x86-64: the kernel image and its modules lie above this address. */
#define IMAGE 0xffffffff80000000ULL

/* Where a class is from. */
enum origin {
	O_STATIC = 1, /* cls is the address of the lock itself, or of a work function */
	O_INIT,	      /* cls is the place that initialised it */
	O_SITE,	      /* cls is the place that took it */
};

enum event_type { E_ORDER = 1, E_CLASS, E_STRAY, E_MODULE, E_PAIR };

struct init {
	u64 site;
	u64 name; /* of the string "&obj->lock", in the kernel */
	u64 when;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, struct init);
} inits SEC(".maps");

/*
 * The same for the locks that were initialised last, each in the one place
 * where it can be: a word holds the lower half of the initialiser's address and
 * what the place does not tell of the lock's. It saves the map lookup, and
 * asking who takes the lock, which is a fifth of the price of an uncontended one.
 */
#define RECENT 8192

u64 recent[RECENT];

static __always_inline u64 *place(u64 addr, u64 *tag)
{
	u64 x = addr << 16 >> 19; /* 48 bits of address, the lowest three of which are 0 */

	*tag = x >> 13 << 32;
	return &recent[(x ^ (x >> 13) ^ (x >> 26)) & (RECENT - 1)];
}

/* recently says who initialised a lock, 0 if that is long ago. */
static __always_inline u64 recently(u64 addr)
{
	u64 tag, v = *place(addr, &tag);

	v ^= tag;
	return v >> 32 ? 0 : v | 0xffffffff00000000ULL;
}

struct order_key {
	u64 held; /* a sum over classes and modes of all that is held */
	u64 to;
	u64 kind; /* and: */
};

#define REVERSED (1ULL << 32) /* two locks of one class, taken the other way round before */
#define AGAIN (1ULL << 33)    /* a reader takes what it reads already */

struct order_val {
	u64 count;
	u64 want; /* so many more samples of pairs of instances are asked for */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768);
	__type(key, struct order_key);
	__type(value, struct order_val);
} orders SEC(".maps");

/* Pairs of two locks of one class, by address, and what was held around them. */
struct pair {
	u64 a, b, when;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct pair);
	__type(value, u64);
} pairs SEC(".maps");

/* Classes and stray locks that user space has been told of. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, u32);
} told SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 21);
} events SEC(".maps");

struct order_event {
	u32 type, n;
	u32 tid, tgid;
	struct order_key key;
	u64 when;
	u64 reversed; /* the same two instances were taken the other way round */
	char comm[16];
	struct lock to;
	struct lock held[DEPTH];
	u64 stack[STACK];
};

struct class_event {
	u32 type, from;
	u64 cls, addr, site, init;
	u64 slab_off;
	u32 slab_size, pad;
	char name[NAME];
	char slab[NAME];
};

const volatile u64 vmemmap = 0;	    /* value of vmemmap_base, 0: unknown */
const volatile u64 page_offset = 0; /* value of page_offset_base */
const volatile u64 page_size = 64;  /* of struct page */

/*
 * find_slab says which slab cache an object in the linear mapping is from.
 * For memory that is from no slab it reads nonsense; user space compares the
 * name with the caches that exist.
 */
__noinline int find_slab(struct class_event *e)
{
	struct kmem_cache *cache = 0;
	u64 page, head = 0, name = 0;
	u32 size = 0;

	if (!e || !vmemmap || e->addr < page_offset || e->addr - page_offset >= 1ULL << 46)
		return 0;
	page = vmemmap + ((e->addr - page_offset) >> 12) * page_size;
	BPF_CORE_READ_INTO(&head, (struct page *)page, compound_head);
	if (head & 1)
		page = head - 1;
	if (bpf_core_field_exists(((struct slab *)0)->slab_cache))
		BPF_CORE_READ_INTO(&cache, (struct slab *)page, slab_cache);
	else if (bpf_core_field_exists(((struct page *)0)->slab_cache))
		BPF_CORE_READ_INTO(&cache, (struct page *)page, slab_cache);
	BPF_CORE_READ_INTO(&size, cache, size);
	BPF_CORE_READ_INTO(&name, cache, name);
	if (!size || bpf_probe_read_kernel_str(e->slab, NAME, (void *)name) < 2)
		return 0;
	e->slab_size = size;
	e->slab_off = (e->addr - (page_offset + ((page - vmemmap) / page_size << 12))) % size;
	return 0;
}

/* tell_class tells user space what is known of a class, once. */
__noinline int tell_class(struct lock *l)
{
	struct class_event *e;
	struct init *i;
	u64 cls;
	u32 one = 1;

	if (!l)
		return 0;
	cls = l->cls;
	if (bpf_map_lookup_elem(&told, &cls))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(C_NO_EVENT);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = E_CLASS;
	e->from = l->from;
	e->cls = cls;
	e->addr = l->addr;
	e->site = l->site;
	if (l->from == O_INIT) {
		u64 addr = l->addr; /* 6.1 takes no key from ring buffer memory */

		i = bpf_map_lookup_elem(&inits, &addr);
		if (i) {
			e->init = i->site;
			bpf_probe_read_kernel_str(e->name, NAME, (void *)i->name);
		}
	}
	if (l->from != O_STATIC)
		find_slab(e);
	bpf_ringbuf_submit(e, 0);
	bpf_map_update_elem(&told, &cls, &one, 0);
	return 0;
}

static __always_inline void classify(struct lock *l)
{
	u64 addr = l->addr;
	struct init *i;

	if (addr >= IMAGE) {
		l->cls = addr;
		l->from = O_STATIC;
		return;
	}
	l->cls = recently(addr);
	if (l->cls) {
		l->from = O_INIT;
		return;
	}
	i = bpf_map_lookup_elem(&inits, &addr);
	l->cls = i ? i->site : l->site;
	l->from = i ? O_INIT : O_SITE;
}

static __always_inline u64 mix(struct lock *l)
{
	u64 x = (l->cls + ((u64)l->kind << 48)) * 0x9E3779B97F4A7C15ULL;

	return x ^ (x >> 29);
}

/* tell_order writes one event with all that is held. */
static __noinline int tell_order(void *ctx, struct held *h, struct lock *to, struct order_key *k)
{
	struct order_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	u64 id = bpf_get_current_pid_tgid();

	if (!e) {
		count(C_NO_EVENT);
		return 0;
	}
	e->type = E_ORDER;
	e->n = h->n;
	e->tid = id;
	e->tgid = id >> 32;
	e->key = *k;
	e->when = bpf_ktime_get_ns();
	e->reversed = 0;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->to = *to;
	__builtin_memcpy(e->held, h->e, sizeof(e->held));
	__builtin_memset(e->stack, 0, sizeof(e->stack));
	bpf_get_stack(ctx, e->stack, sizeof(e->stack), 0);
	bpf_ringbuf_submit(e, 0);
	return 1;
}

__noinline int tell_classes(struct held *h, struct lock *to)
{
	u32 i, n;

	if (!h || !to)
		return 0;
	n = h->n;
	for (i = 0; i < DEPTH && i < n; i++)
		if (h->e[i].addr)
			tell_class(&h->e[i]);
	return tell_class(to);
}

static __always_inline u64 born(u64 addr)
{
	struct init *i = bpf_map_lookup_elem(&inits, &addr);

	return i ? i->when : 0;
}

/*
 * seen_reversed notes that two locks of one class were taken in this order,
 * and reports whether they were also taken in the other. When an object is
 * freed and its memory used for another, the time of its initialisation tells
 * them apart.
 */
__noinline int seen_reversed(u64 from, u64 to)
{
	u64 when = born(from) + born(to), one = 1;
	struct pair p = { from, to, when }, r = { to, from, when };

	bpf_map_update_elem(&pairs, &p, &one, BPF_ANY);
	return bpf_map_lookup_elem(&pairs, &r) != 0;
}

/*
 * nameless: locks that have no initialiser to stop at have the class of the
 * place that takes them, and one path takes two of a class at two places.
 */
static __always_inline bool nameless(struct lock *l)
{
	return (l->kind & K_MASK) == K_SEM || (l->kind & K_MASK) == K_RTMUTEX;
}

/*
 * look counts an acquisition under other locks, and reports whether user
 * space is to be told of it: 1 if it is new, 2 if samples are asked for.
 */
__noinline int look(struct held *h, struct lock *to, struct order_key *k)
{
	struct order_val first = { 1, 0 }, *old;
	u64 sibling = 0, sum = 0, again = 0, bare = 0, tag;
	struct order_key key;
	u32 i, n;

	if (!h || !to || !k)
		return 0;
	n = h->n;
	if (!to->cls)
		classify(to);
	for (i = 0; i < DEPTH && i < n; i++) {
		struct lock *l = &h->e[i];

		if (!l->addr)
			continue;
		if (!l->cls)
			classify(l);
		sum += mix(l);
		if (l->from == O_INIT && !l->site)
			bare = l->addr;
		if (l->addr == to->addr)
			again = AGAIN;
		else if (l->cls == to->cls || (to->from == O_SITE && l->from == O_SITE && nameless(to) && nameless(l)))
			sibling = l->addr;
	}
	key.held = sum;
	key.to = to->cls;
	key.kind = to->kind;
	if (to->kind & M_READ && !(to->kind & M_WAIT))
		key.kind |= again;
	if (sibling && (to->kind & K_MASK) != K_WWMUTEX && (to->kind & K_MASK) != K_WORK &&
	    seen_reversed(sibling, to->addr))
		key.kind |= REVERSED;
	*k = key;
	old = bpf_map_lookup_elem(&orders, &key);
	if (old) {
		old->count++;
		if (!old->want)
			return 0;
		old->want--;
		return 2;
	}
	if (bare) { /* next time, say where it is taken */
		*place(bare, &tag) = 0;
		first.want = 1;
	}
	if (!bpf_map_update_elem(&orders, &key, &first, BPF_NOEXIST))
		return 1;
	count(C_NO_EDGE);
	return 0;
}

static __always_inline int nested(void *ctx, struct held *h, struct lock *to)
{
	struct order_key k = {};
	int new = look(h, to, &k);

	if (!new)
		return 0;
	if (new == 1)
		tell_classes(h, to);
	if (!tell_order(ctx, h, to, &k) && new == 1)
		bpf_map_delete_elem(&orders, &k);
	return 0;
}

/* bottom notes the first lock that a task takes. */
static __always_inline void bottom(struct held *h, u64 addr, u32 kind, void *ret_at)
{
	struct lock *l = &h->e[0];

	l->addr = addr;
	l->kind = kind;
	l->cls = 0;
	l->site = 0;
	/* Where it is taken tells of a lock of which nothing else is known. */
	if (addr < IMAGE) {
		/* Read back it is a number: the verifier takes no sums of pointers. */
		u64 init = recently(*(volatile u64 *)&l->addr);

		if (init) {
			l->cls = init;
			l->from = O_INIT;
		} else {
			bpf_probe_read_kernel(&l->site, 8, ret_at);
		}
	}
	h->n = 1;
}

/* under notes a lock that is taken under others, or whatever acquire left. */
static __noinline int under(void *ctx, u64 addr, u32 kind, void *ret_at, u64 t)
{
	struct lock l = { .addr = addr, .kind = kind };
	bool held = !(kind & (M_WAIT | M_COMPLETES));
	struct held *h = slot(t, held);
	u32 n;

	if (!h) {
		if (held)
			count(C_NO_SLOT);
		return 0;
	}
	n = h->n;
	if (!n) {
		if (held)
			bottom(h, addr, kind, ret_at);
		return 0;
	}
	bpf_probe_read_kernel(&l.site, 8, ret_at);
	if (!held)
		return nested(ctx, h, &l);
	if (n >= DEPTH) {
		count(C_TOO_DEEP);
		h->n = n = 0;
		h->odd &= ~HOLES;
	}
	if (!(kind & M_READ) && drop(h, &l.addr)) {
		count(C_AGAIN);
		n = h->n;
	}
	if (!(kind & M_TRY) && n)
		nested(ctx, h, &l);
	h->e[n & (DEPTH - 1)] = l;
	h->n = n + 1;
	return 0;
}

/* acquire is short where nothing else is held, as is most often so. */
static __always_inline int acquire(void *ctx, u64 addr, u32 kind, void *ret_at)
{
	u64 t = self();
	struct held *h = at(t);

	if (!t)
		return 0;
	if (kind & (M_WAIT | M_COMPLETES)) {
		if (h->owner != t && !h->away)
			return 0;
	} else if (!h->owner && !h->away) {
		if (!__sync_val_compare_and_swap(&h->owner, 0, t)) {
			bottom(h, addr, kind, ret_at);
			return 0;
		}
	}
	return under(ctx, addr, kind, ret_at, t);
}

/*
 * stray is a release by a task that does not hold the lock: taken before the
 * start, handed over to another task, or a semaphore used as a signal. User
 * space is told once of each lock, and looks whether another task has it.
 */
__noinline int stray(u64 *lock)
{
	struct class_event *e;
	u32 one = 1;
	u64 addr;

	if (!lock)
		return 0;
	addr = *lock;
	count(C_UNPAIRED);
	if (bpf_map_lookup_elem(&told, &addr))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		count(C_NO_EVENT);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = E_STRAY;
	e->addr = addr;
	bpf_ringbuf_submit(e, 0);
	bpf_map_update_elem(&told, &addr, &one, 0);
	return 0;
}

/* let_go releases a lock that is not the only one. */
__noinline int let_go(u64 t, u64 *lock)
{
	struct held *h = slot(t, false);
	u64 addr;
	u32 n;

	if (!lock)
		return 0;
	addr = *lock;
	if (!h)
		return stray(&addr);
	n = h->n;
	if (n && h->e[(n - 1) & (DEPTH - 1)].addr == addr) {
		set_count(h, t, n - 1);
		return 0;
	}
	if (!drop(h, &addr))
		return stray(&addr);
	set_count(h, t, h->n);
	return 0;
}

static __always_inline int release(u64 addr)
{
	u64 t = self();
	struct held *h = at(t);

	if (!t)
		return 0;
	if (h->owner == t && h->state == 1 && h->e[0].addr == addr) {
		leave(h, t);
		return 0;
	}
	return let_go(t, &addr);
}

/* failed takes back what a kprobe at the entry has noted too early. */
static __always_inline int failed(void)
{
	u64 t = self();
	struct held *h;

	if (!t)
		return 0;
	h = slot(t, false);
	if (h && h->n)
		set_count(h, t, h->n - 1);
	return 0;
}

static __always_inline int downgrade(u64 addr)
{
	u64 t = self();
	struct held *h = t ? slot(t, false) : 0;
	u32 i;

	for (i = 0; h && i < DEPTH && i < h->n; i++)
		if (h->e[i].addr == addr)
			h->e[i].kind |= M_READ;
	return 0;
}

static __always_inline int initialised(u64 lock, u64 name, void *ret_at)
{
	struct init i = { .name = name, .when = bpf_ktime_get_ns() };
	u64 tag, *at, addr = 0;

	if (!*(volatile u64 *)&epoch)
		return 0;
	bpf_probe_read_kernel(&addr, 8, &lock); /* as a number, not as a pointer */
	bpf_probe_read_kernel(&i.site, 8, ret_at);
	bpf_map_update_elem(&inits, &addr, &i, BPF_ANY);
	if (addr < IMAGE) {
		at = place(addr, &tag);
		*at = tag | (u32)i.site;
	}
	return 0;
}

/*
 * Where a trampoline keeps the return address of the traced function's
 * caller, counted from its context: the arguments, the return value if the
 * trampoline calls the function, the saved frame pointer, the return address
 * into the function (arch/x86/net/bpf_jit_comp.c,
 * arch_prepare_bpf_trampoline()). User space compares it with the stack.
 */
#define RET_ENTRY(ctx, args) ((char *)(ctx) + 8 * (args) + 16)
#define RET_EXIT(ctx, args) ((char *)(ctx) + 8 * (args) + 24)

/*
 * One program for each function and way to attach. e_: fentry, x_: fexit,
 * k_: kprobe, r_: kretprobe. Programs of functions that the running kernel
 * does not have are left out by the loader.
 */
#define LOCK_VOID(fn, args, kind)                                                                  \
	SEC("fentry/" #fn) int e_##fn(u64 *ctx)                                                    \
	{ return acquire(ctx, ctx[0], kind, RET_ENTRY(ctx, args)); }                               \
	SEC("kprobe/" #fn) int k_##fn(struct pt_regs *r)                                           \
	{ return acquire(r, r->di, kind, (void *)r->sp); }

#define LOCK_RET(fn, args, kind, good)                                                             \
	SEC("fexit/" #fn) int x_##fn(u64 *ctx)                                                     \
	{ return (u32)ctx[args] == good ? acquire(ctx, ctx[0], kind, RET_EXIT(ctx, args)) : 0; }    \
	SEC("kprobe/" #fn) int k_##fn(struct pt_regs *r)                                           \
	{ return acquire(r, r->di, kind, (void *)r->sp); }                                         \
	SEC("kretprobe/" #fn) int r_##fn(struct pt_regs *r)                                        \
	{ return (u32)r->ax == good ? 0 : failed(); }

#define UNLOCK(fn)                                                                                 \
	SEC("fentry/" #fn) int e_##fn(u64 *ctx) { return release(ctx[0]); }                        \
	SEC("kprobe/" #fn) int k_##fn(struct pt_regs *r) { return release(r->di); }

#define WAIT(fn, args, kind) LOCK_VOID(fn, args, (kind) | M_WAIT)

#define INIT(fn)                                                                                   \
	SEC("fentry/" #fn) int e_##fn(u64 *ctx)                                                    \
	{ return initialised(ctx[0], ctx[1], RET_ENTRY(ctx, 3)); }                                 \
	SEC("kprobe/" #fn) int k_##fn(struct pt_regs *r)                                           \
	{ return initialised(r->di, r->si, (void *)r->sp); }

/* kernel/locking/mutex.c; with CONFIG_DEBUG_LOCK_ALLOC the _nested names only */
LOCK_VOID(mutex_lock, 1, K_MUTEX)
LOCK_VOID(mutex_lock_nested, 2, K_MUTEX)
LOCK_VOID(_mutex_lock_nest_lock, 2, K_MUTEX)
LOCK_VOID(mutex_lock_io_nested, 2, K_MUTEX)
LOCK_RET(mutex_lock_interruptible, 1, K_MUTEX, 0)
LOCK_RET(mutex_lock_interruptible_nested, 2, K_MUTEX, 0)
LOCK_RET(mutex_lock_killable, 1, K_MUTEX, 0)
LOCK_RET(mutex_lock_killable_nested, 2, K_MUTEX, 0)
LOCK_RET(mutex_trylock, 1, K_MUTEX | M_TRY, 1)
LOCK_RET(ww_mutex_lock, 2, K_WWMUTEX, 0)
LOCK_RET(ww_mutex_lock_interruptible, 2, K_WWMUTEX, 0)
LOCK_RET(ww_mutex_trylock, 2, K_WWMUTEX | M_TRY, 1)
UNLOCK(mutex_unlock)

/* kernel/locking/semaphore.c: lockdep knows nothing of these */
LOCK_VOID(down, 1, K_SEM)
LOCK_RET(down_interruptible, 1, K_SEM, 0)
LOCK_RET(down_killable, 1, K_SEM, 0)
LOCK_RET(down_trylock, 1, K_SEM | M_TRY, 0)
LOCK_RET(down_timeout, 2, K_SEM, 0)
UNLOCK(up)

/* kernel/locking/rwsem.c */
LOCK_VOID(down_read, 1, K_RWSEM | M_READ)
LOCK_VOID(down_read_nested, 2, K_RWSEM | M_READ)
LOCK_RET(down_read_interruptible, 1, K_RWSEM | M_READ, 0)
LOCK_RET(down_read_killable, 1, K_RWSEM | M_READ, 0)
LOCK_RET(down_read_killable_nested, 2, K_RWSEM | M_READ, 0)
LOCK_RET(down_read_trylock, 1, K_RWSEM | M_READ | M_TRY, 1)
LOCK_VOID(down_write, 1, K_RWSEM)
LOCK_VOID(down_write_nested, 2, K_RWSEM)
LOCK_VOID(_down_write_nest_lock, 2, K_RWSEM)
LOCK_RET(down_write_killable, 1, K_RWSEM, 0)
LOCK_RET(down_write_killable_nested, 2, K_RWSEM, 0)
LOCK_RET(down_write_trylock, 1, K_RWSEM | M_TRY, 1)
UNLOCK(up_read)
UNLOCK(up_write)
SEC("fentry/downgrade_write") int e_downgrade_write(u64 *ctx) { return downgrade(ctx[0]); }
SEC("kprobe/downgrade_write") int k_downgrade_write(struct pt_regs *r) { return downgrade(r->di); }

/* kernel/locking/rtmutex_api.c */
LOCK_VOID(rt_mutex_lock, 1, K_RTMUTEX)
LOCK_VOID(rt_mutex_lock_nested, 2, K_RTMUTEX)
LOCK_RET(rt_mutex_lock_interruptible, 1, K_RTMUTEX, 0)
LOCK_RET(rt_mutex_lock_killable, 1, K_RTMUTEX, 0)
LOCK_RET(rt_mutex_trylock, 1, K_RTMUTEX | M_TRY, 1)
UNLOCK(rt_mutex_unlock)

/* kernel/locking/percpu-rwsem.c: the way of readers is inline, but for its slow part */
LOCK_VOID(percpu_down_write, 1, K_PERCPU)
WAIT(__percpu_down_read, 2, K_PERCPU | M_READ)
UNLOCK(percpu_up_write)

/* kernel/sched/completion.c */
WAIT(wait_for_completion, 1, K_COMPLETION)
WAIT(wait_for_completion_io, 1, K_COMPLETION)
WAIT(wait_for_completion_killable, 1, K_COMPLETION)
WAIT(wait_for_completion_interruptible, 1, K_COMPLETION)
LOCK_VOID(complete, 1, K_COMPLETION | M_COMPLETES)
LOCK_VOID(complete_all, 1, K_COMPLETION | M_COMPLETES)

/* Under kernel/locking: initialisers that are told the name of the lock */
INIT(__mutex_init)
INIT(__init_rwsem)
INIT(__percpu_init_rwsem)

SEC("fentry/__init_swait_queue_head") int e___init_swait_queue_head(u64 *ctx)
{
	return initialised(ctx[0] - bpf_core_field_offset(struct completion, wait), ctx[1], RET_ENTRY(ctx, 3));
}

/*
 * kernel/workqueue.c: who waits for a work item waits for its function, and
 * while the function runs it is as if it held what they wait for.
 */
static __always_inline int flush(void *ctx, struct work_struct *w, void *ret_at)
{
	u64 t = self();
	struct held *h = t ? slot(t, false) : 0;
	struct lock l = { .addr = (u64)w, .kind = K_WORK | M_WAIT, .from = O_STATIC };

	if (!h || !h->n)
		return 0;
	BPF_CORE_READ_INTO(&l.cls, w, func);
	bpf_probe_read_kernel(&l.site, 8, ret_at);
	return nested(ctx, h, &l);
}

#define FLUSH(fn)                                                                                  \
	SEC("fentry/" #fn) int e_##fn(u64 *ctx)                                                    \
	{ return flush(ctx, (void *)ctx[0], RET_ENTRY(ctx, 1)); }                                  \
	SEC("kprobe/" #fn) int k_##fn(struct pt_regs *r)                                           \
	{ return flush(r, (void *)r->di, (void *)r->sp); }

FLUSH(flush_work)
FLUSH(cancel_work_sync)
FLUSH(cancel_delayed_work_sync)

SEC("tp_btf/workqueue_execute_start") int work_start(u64 *ctx)
{
	u64 t = self();
	struct work_struct *w = (void *)ctx[0];
	struct held *h;

	if (!t)
		return 0;
	h = slot(t, true);
	if (!h) {
		count(C_NO_SLOT);
		return 0;
	}
	h->odd &= ~HOLES;
	h->e[0].addr = (u64)w;
	h->e[0].kind = K_WORK;
	h->e[0].from = O_STATIC;
	BPF_CORE_READ_INTO(&h->e[0].cls, w, func);
	h->e[0].site = h->e[0].cls;
	h->n = 1;
	return 0;
}

/* A worker holds nothing between two items. */
SEC("tp_btf/workqueue_execute_end") int work_end(u64 *ctx)
{
	u64 t = self();
	struct held *h = t ? slot(t, false) : 0;

	if (h)
		set_count(h, t, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit") int task_exit(u64 *ctx)
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

/* A module brings symbols with it: user space reads them while it is there. */
SEC("tp_btf/module_load") int module_loaded(u64 *ctx)
{
	struct class_event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		count(C_NO_EVENT);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->type = E_MODULE;
	bpf_ringbuf_submit(e, 0);
	return 0;
}
