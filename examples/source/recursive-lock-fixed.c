// SPDX-License-Identifier: GPL-2.0
/*
 * recursive-lock.c with the usual split: a function with a leading __ works
 * under the caller's lock and says so, the other one locks and calls it.
 */
#include <linux/debugfs.h>
#include <linux/list.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define STORE_MAX	128

struct store_entry {
	struct list_head node;
	u64 key;
};

static DEFINE_MUTEX(store_mutex);
static LIST_HEAD(store);
static struct dentry *store_file;

static unsigned int __store_count(void)
{
	struct store_entry *e;
	unsigned int n = 0;

	lockdep_assert_held(&store_mutex);
	list_for_each_entry(e, &store, node)
		n++;
	return n;
}

static unsigned int store_count(void)
{
	unsigned int n;

	mutex_lock(&store_mutex);
	n = __store_count();
	mutex_unlock(&store_mutex);
	return n;
}

static int store_insert(void *data, u64 key)
{
	struct store_entry *e = kmalloc(sizeof(*e), GFP_KERNEL);
	int ret = 0;

	if (!e)
		return -ENOMEM;
	e->key = key;

	mutex_lock(&store_mutex);
	if (__store_count() >= STORE_MAX) {
		ret = -ENOSPC;
		kfree(e);
	} else {
		list_add(&e->node, &store);
	}
	mutex_unlock(&store_mutex);
	return ret;
}

static int store_show(void *data, u64 *val)
{
	*val = store_count();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(store_fops, store_show, store_insert, "%llu\n");

static int __init store_init(void)
{
	store_file = debugfs_create_file_unsafe("store", 0600, NULL, NULL, &store_fops);
	return 0;
}

static void __exit store_exit(void)
{
	struct store_entry *e, *next;

	debugfs_remove(store_file);
	list_for_each_entry_safe(e, next, &store, node)
		kfree(e);
}

module_init(store_init);
module_exit(store_exit);

MODULE_DESCRIPTION("A mutex taken once by each task");
MODULE_LICENSE("GPL");
