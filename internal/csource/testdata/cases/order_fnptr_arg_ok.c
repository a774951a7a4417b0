// SPDX-License-Identifier: GPL-2.0
/*
 * Two iterators with function arguments. The one that is called under the
 * table lock only gets functions that take the inner lock; the one that
 * removes from the table runs its function before it takes the table lock.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct tap {
	struct list_head node;
	struct mutex lock;
	u32 frames;
};

static DEFINE_MUTEX(tap_table_lock);
static LIST_HEAD(tap_table);
static struct dentry *tap_file;

static u64 tap_walk(u64 (*fn)(struct tap *t))
{
	struct tap *t;
	u64 sum = 0;

	mutex_lock(&tap_table_lock);
	list_for_each_entry(t, &tap_table, node)
		sum += fn(t);
	mutex_unlock(&tap_table_lock);
	return sum;
}

static u64 tap_frames(struct tap *t)
{
	u64 n;

	mutex_lock(&t->lock);
	n = t->frames;
	mutex_unlock(&t->lock);
	return n;
}

static void tap_with(struct tap *t, bool (*fn)(struct tap *t))
{
	bool gone;

	mutex_lock(&t->lock);
	gone = fn(t);
	mutex_unlock(&t->lock);
	if (gone) {
		mutex_lock(&tap_table_lock);
		list_del_init(&t->node);
		mutex_unlock(&tap_table_lock);
	}
}

static bool tap_idle(struct tap *t)
{
	return !t->frames;
}

static int tap_get(void *data, u64 *val)
{
	*val = tap_walk(tap_frames);
	return 0;
}

static int tap_set(void *data, u64 val)
{
	tap_with(data, tap_idle);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tap_fops, tap_get, tap_set, "%llu\n");

static int __init tap_init(void)
{
	struct tap *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	mutex_init(&t->lock);
	list_add(&t->node, &tap_table);
	tap_file = debugfs_create_file_unsafe("tap", 0600, NULL, t, &tap_fops);
	return 0;
}

module_init(tap_init);
MODULE_LICENSE("GPL");
