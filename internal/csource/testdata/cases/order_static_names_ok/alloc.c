// SPDX-License-Identifier: GPL-2.0
/*
 * This file's static lock() and its `mutex` are not those of free.c.
 * Order: alloc.c's mutex, then free.c's (in pool_free_one()).
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include "pool.h"

static DEFINE_MUTEX(mutex);
static u32 used;

static void lock(void)
{
	mutex_lock(&mutex);
}

static void unlock(void)
{
	mutex_unlock(&mutex);
}

int pool_alloc(void)
{
	int ret = 0;

	lock();
	if (used == POOL_MAX) {
		pool_free_one();
		ret = -EAGAIN;
	} else {
		used++;
	}
	unlock();
	return ret;
}
EXPORT_SYMBOL_GPL(pool_alloc);
