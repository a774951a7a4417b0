// SPDX-License-Identifier: Apache-2.0
/* A program with threads that get stuck in the way that its argument names. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t both;

static void meet(void) { pthread_barrier_wait(&both); }

static void __attribute__((noinline)) flush_queue(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
	pthread_mutex_lock(&cache_lock);
}

static void __attribute__((noinline)) evict_cache(void)
{
	pthread_mutex_lock(&cache_lock);
	meet();
	pthread_mutex_lock(&queue_lock);
}

static void __attribute__((noinline)) read_table(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
	pthread_rwlock_rdlock(&table_lock);
}

static void __attribute__((noinline)) write_table(void)
{
	pthread_rwlock_wrlock(&table_lock);
	meet();
	pthread_mutex_lock(&queue_lock);
}

static void __attribute__((noinline)) try_for_a_while(void)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 3600;
	pthread_mutex_lock(&cache_lock);
	meet();
	pthread_mutex_timedlock(&queue_lock, &end);
}

static void __attribute__((noinline)) twice(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
	pthread_mutex_lock(&queue_lock);
}

static void __attribute__((noinline)) only_meet(void) { meet(); }

static void __attribute__((noinline)) hold(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
	pause();
}

static void __attribute__((noinline)) behind(void)
{
	meet();
	usleep(100000);
	pthread_mutex_lock(&queue_lock);
}

static void __attribute__((noinline)) wait_event(void)
{
	pthread_mutex_lock(&cache_lock);
	meet();
	pthread_cond_wait(&wake, &cache_lock);
}

static pthread_t first, second;

static void __attribute__((noinline)) stop_worker(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
	pthread_join(second, NULL);
}

static void __attribute__((noinline)) worker(void)
{
	meet();
	pthread_mutex_lock(&queue_lock);
}

static void __attribute__((noinline)) leave_locked(void)
{
	pthread_mutex_lock(&queue_lock);
	meet();
}

static void __attribute__((noinline)) come_later(void)
{
	meet();
	pthread_join(first, NULL);
	pthread_mutex_lock(&queue_lock);
}

/* Mutexes whose word is the owner's id. */
static pthread_mutex_t special[2];
static void make_special(int robust)
{
	pthread_mutexattr_t a;

	pthread_mutexattr_init(&a);
	if (robust)
		pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	else
		pthread_mutexattr_setprotocol(&a, PTHREAD_PRIO_INHERIT);
	pthread_mutex_init(&special[0], &a);
	pthread_mutex_init(&special[1], &a);
}

static void __attribute__((noinline)) special_up(void)
{
	pthread_mutex_lock(&special[0]);
	meet();
	pthread_mutex_lock(&special[1]);
}

static void __attribute__((noinline)) special_down(void)
{
	pthread_mutex_lock(&special[1]);
	meet();
	pthread_mutex_lock(&special[0]);
}

static void *run(void *f)
{
	((void (*)(void))f)();
	return NULL;
}

int main(int argc, char **argv)
{
	struct { const char *name; void (*a)(void), (*b)(void); } cases[] = {
		{ "two", flush_queue, evict_cache }, { "rwlock", read_table, write_table },
		{ "timed", flush_queue, try_for_a_while }, { "twice", twice, only_meet }, { "slow", hold, behind }, { "cond", wait_event, only_meet },
		{ "join", stop_worker, worker }, { "ended", leave_locked, come_later },
		{ "pi", special_up, special_down }, { "robust", special_up, special_down },
	};

	make_special(argc > 1 && !strcmp(argv[1], "robust"));
	pthread_barrier_init(&both, NULL, 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc < 2 || strcmp(argv[1], cases[i].name))
			continue;
		if (pthread_create(&first, NULL, run, cases[i].a) || pthread_create(&second, NULL, run, cases[i].b))
			return 1;
		puts("ready");
		fflush(stdout);
		if (strcmp(argv[1], "join") && strcmp(argv[1], "ended")) {
			pthread_join(first, NULL);
			pthread_join(second, NULL);
		}
		pause();
	}
	return 0;
}
