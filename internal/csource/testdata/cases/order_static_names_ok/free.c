// SPDX-License-Identifier: GPL-2.0
/*
 * The same names again, for another lock. Nothing here calls alloc.c.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>
#include "pool.h"

static DEFINE_MUTEX(mutex);
static u32 freed;
static struct dentry *pool_file;

static void lock(void)
{
	mutex_lock(&mutex);
}

static void unlock(void)
{
	mutex_unlock(&mutex);
}

void pool_free_one(void)
{
	lock();
	freed++;
	unlock();
}

static int pool_get(void *data, u64 *val)
{
	int ret = pool_alloc();

	if (ret)
		return ret;
	lock();
	*val = freed;
	unlock();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(pool_fops, pool_get, NULL, "%llu\n");

static int __init pool_init(void)
{
	pool_file = debugfs_create_file_unsafe("pool", 0400, NULL, NULL, &pool_fops);
	return 0;
}

static void __exit pool_exit(void)
{
	debugfs_remove(pool_file);
}

module_init(pool_init);
module_exit(pool_exit);
MODULE_LICENSE("GPL");
