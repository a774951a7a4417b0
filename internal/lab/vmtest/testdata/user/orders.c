// SPDX-License-Identifier: Apache-2.0
/*
 * Threads that take locks in all sorts of orders, one after the other, so that
 * nothing ever hangs. "all": those of bad() could deadlock, those of good() not.
 * "share": two processes with mutexes in common. "pairs N": a lock taken and
 * released N times under another, and how long that takes.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#define NOINLINE __attribute__((noinline))
#define MUTEX(x) static pthread_mutex_t x = PTHREAD_MUTEX_INITIALIZER
#define RWLOCK(x) static pthread_rwlock_t x = PTHREAD_RWLOCK_INITIALIZER

static void *call(void *f)
{
	((void (*)(void))f)();
	return NULL;
}

/* run calls functions, each in a thread of its own, one after the other. */
static void run(void (*a)(void), void (*b)(void))
{
	pthread_t t;

	pthread_create(&t, NULL, call, a);
	pthread_join(t, NULL);
	pthread_create(&t, NULL, call, b);
	pthread_join(t, NULL);
}

#define lock pthread_mutex_lock
#define unlock pthread_mutex_unlock

static NOINLINE void both(pthread_mutex_t *a, pthread_mutex_t *b)
{
	lock(a);
	lock(b);
	unlock(b);
	unlock(a);
}

/* Two mutexes. */
MUTEX(queue_lock);
MUTEX(cache_lock);
static NOINLINE void flush_queue(void) { both(&queue_lock, &cache_lock); }
static NOINLINE void evict_cache(void) { both(&cache_lock, &queue_lock); }

/* Two mutexes in the heap, initialised at one place. */
static pthread_mutex_t *heap[2];
static NOINLINE void heap_up(void) { both(heap[0], heap[1]); }
static NOINLINE void heap_down(void) { both(heap[1], heap[0]); }
static NOINLINE void heap_orders(void)
{
	for (int i = 0; i < 2; i++) {
		heap[i] = malloc(sizeof(*heap[i]));
		pthread_mutex_init(heap[i], NULL);
	}
	run(heap_up, heap_down);
}

/* A writer and a reader. */
MUTEX(row_lock);
RWLOCK(table_lock);
static NOINLINE void write_table(void)
{
	pthread_rwlock_wrlock(&table_lock);
	lock(&row_lock);
	unlock(&row_lock);
	pthread_rwlock_unlock(&table_lock);
}
static NOINLINE void read_table(void)
{
	lock(&row_lock);
	pthread_rwlock_rdlock(&table_lock);
	pthread_rwlock_unlock(&table_lock);
	unlock(&row_lock);
}

/* A wait that takes its mutex again, under another one. */
MUTEX(event_lock);
MUTEX(list_lock);
static pthread_cond_t event = PTHREAD_COND_INITIALIZER;
static struct timespec soon(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 10000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_nsec -= 1000000000;
		t.tv_sec++;
	}
	return t;
}
static NOINLINE void wait_with_list(void)
{
	struct timespec t = soon();

	lock(&event_lock);
	lock(&list_lock);
	pthread_cond_timedwait(&event, &event_lock, &t);
	unlock(&list_lock);
	unlock(&event_lock);
}
static void nothing(void) {}

static void bad(void)
{
	run(flush_queue, evict_cache);
	heap_orders();
	run(write_table, read_table);
	run(wait_with_list, nothing);
}

/* Under a gate no two threads are in these orders at a time. */
MUTEX(gate);
MUTEX(left);
MUTEX(right);
static NOINLINE void gate_left(void) { lock(&gate); both(&left, &right); unlock(&gate); }
static NOINLINE void gate_right(void) { lock(&gate); both(&right, &left); unlock(&gate); }

/* What a thread has already it does not wait for. */
MUTEX(inner);
static pthread_mutex_t again = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static NOINLINE void recursive(void)
{
	lock(&again);
	lock(&inner);
	lock(&again);
	unlock(&again);
	unlock(&inner);
	unlock(&again);
	both(&again, &inner);
}

/* Nor does a try, whether it gets the lock or not. */
MUTEX(first);
MUTEX(second);
static NOINLINE void try_only(void)
{
	lock(&second);
	if (!pthread_mutex_trylock(&first))
		unlock(&first);
	unlock(&second);
}
static NOINLINE void try_second(void)
{
	struct timespec t = soon();

	both(&first, &second);
	lock(&second);
	if (!pthread_mutex_trylock(&first))
		unlock(&first);
	if (!pthread_mutex_timedlock(&first, &t))
		unlock(&first);
	unlock(&second);
}
static NOINLINE void try_held(void)
{
	lock(&first);
	run(try_only, nothing);
	unlock(&first);
}

/* Readers do not keep readers out. */
RWLOCK(map_a);
RWLOCK(map_b);
static void readers(pthread_rwlock_t *a, pthread_rwlock_t *b)
{
	pthread_rwlock_rdlock(a);
	pthread_rwlock_rdlock(b);
	pthread_rwlock_unlock(b);
	pthread_rwlock_unlock(a);
}
static NOINLINE void read_ab(void) { readers(&map_a, &map_b); }
static NOINLINE void read_ba(void) { readers(&map_b, &map_a); }

/* The usual wait. */
static NOINLINE void plain_wait(void)
{
	struct timespec t = soon();

	lock(&event_lock);
	pthread_cond_timedwait(&event, &event_lock, &t);
	unlock(&event_lock);
}

/* Many threads and many locks, in the order of their addresses, and let go in any. */
static pthread_mutex_t many[40];
static void *work(void *arg)
{
	unsigned seed = (unsigned)(size_t)arg;

	for (int i = 0; i < 2000; i++) {
		int a = rand_r(&seed) % 40, b = rand_r(&seed) % 40, c = rand_r(&seed) % 40;

		if (a >= b || b >= c)
			continue;
		lock(&many[a]);
		lock(&many[b]);
		lock(&many[c]);
		unlock(&many[a]);
		unlock(&many[c]);
		unlock(&many[b]);
	}
	return NULL;
}
static NOINLINE void heavy(void)
{
	pthread_t t[8];

	for (int i = 0; i < 40; i++)
		pthread_mutex_init(&many[i], NULL);
	for (size_t i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, work, (void *)(i + 1));
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
}

static void good(void)
{
	run(gate_left, gate_right);
	run(recursive, recursive);
	run(try_second, try_held);
	run(read_ab, read_ba);
	run(plain_wait, plain_wait);
	heavy();
}

/* Two processes, whose turn it is in turn, and that see the memory at two addresses. */
struct common {
	volatile int turn;
	pthread_mutex_t a, b;
};
static void *map(int fd, void *at) { return mmap(at, sizeof(struct common), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); }
static void share(void)
{
	int fd = memfd_create("common", 0);
	struct common *c;
	pthread_mutexattr_t shared;

	if (fd < 0 || ftruncate(fd, sizeof(*c)))
		exit(1);
	c = map(fd, NULL);
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&c->a, &shared);
	pthread_mutex_init(&c->b, &shared);
	for (int me = 0; me < 2; me++) {
		if (fork())
			continue;
		prctl(PR_SET_NAME, "sharer");
		freopen("/dev/null", "w", stdout);
		freopen("/dev/null", "w", stderr);
		c = map(fd, (void *)(0x200000000000UL + me * 0x100000000UL));
		for (int i = 0; i < 6000; i++) {
			if (c->turn == me) {
				both(me ? &c->b : &c->a, me ? &c->a : &c->b);
				c->turn = !me;
			}
			usleep(5000);
		}
		exit(0);
	}
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}
static void pairs(long n)
{
	double a, b, c;

	a = now();
	for (long i = 0; i < n; i++) {
		lock(&left);
		unlock(&left);
	}
	b = now();
	lock(&gate);
	for (long i = 0; i < n; i++) {
		lock(&left);
		unlock(&left);
	}
	unlock(&gate);
	c = now();
	fprintf(stderr, "a pair: %.0f ns, under another lock: %.0f ns\n", (b - a) / n * 1e9, (c - b) / n * 1e9);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "all")) {
		bad();
		good();
	} else if (!strcmp(what, "share"))
		share();
	else if (!strcmp(what, "pairs") && argc > 2)
		pairs(atol(argv[2]));
	else
		return 1;
	return 0;
}
