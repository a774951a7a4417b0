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
	};
	pthread_t a, b;

	pthread_barrier_init(&both, NULL, 2);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc < 2 || strcmp(argv[1], cases[i].name))
			continue;
		if (pthread_create(&a, NULL, run, cases[i].a) || pthread_create(&b, NULL, run, cases[i].b))
			return 1;
		puts("ready");
		fflush(stdout);
		pthread_join(a, NULL);
		pthread_join(b, NULL);
	}
	return 0;
}
