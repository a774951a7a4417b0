// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's mutexes are not recursive. A helper that locks for itself is
 * called by a function that has locked already, so the task waits for itself.
 *
 * Bug: cache_insert() calls cache_count() with cache_mutex held.
 * Cure: recursive-lock-fixed.c
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define CACHE_MAX	128

struct cache_entry {
	struct list_head node;
	u64 key;
};

static DEFINE_MUTEX(cache_mutex);
static LIST_HEAD(cache);
static struct dentry *cache_file;

static unsigned int cache_count(void)
{
	struct cache_entry *e;
	unsigned int n = 0;

	mutex_lock(&cache_mutex);
	list_for_each_entry(e, &cache, node)
		n++;
	mutex_unlock(&cache_mutex);
	return n;
}

static int cache_insert(void *data, u64 key)
{
	struct cache_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);
	int ret = 0;

	if (!e)
		return -ENOMEM;
	e->key = key;

	mutex_lock(&cache_mutex);
	if (cache_count() >= CACHE_MAX) {	/* waits for its own caller */
		ret = -ENOSPC;
		kfree(e);
	} else {
		list_add(&e->node, &cache);
	}
	mutex_unlock(&cache_mutex);
	return ret;
}

static int cache_show(void *data, u64 *val)
{
	*val = cache_count();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(cache_fops, cache_show, cache_insert, "%llu\n");

static int __init cache_init(void)
{
	cache_file = debugfs_create_file_unsafe("cache", 0600, NULL, NULL, &cache_fops);
	return 0;
}

static void __exit cache_exit(void)
{
	struct cache_entry *e, *next;

	debugfs_remove(cache_file);
	list_for_each_entry_safe(e, next, &cache, node)
		kfree(e);
}

module_init(cache_init);
module_exit(cache_exit);

MODULE_DESCRIPTION("A mutex taken twice by one task");
MODULE_LICENSE("GPL");
