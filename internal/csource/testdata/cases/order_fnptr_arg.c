// SPDX-License-Identifier: GPL-2.0
/*
 * An iterator calls the function it is given with the table lock held.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct chan {
	struct list_head node;
	struct mutex lock;
	u32 id;
	u32 errors;
};

static DEFINE_MUTEX(chan_table_lock);
static LIST_HEAD(chan_table);
static struct dentry *chan_file;

static int chan_for_each(int (*fn)(struct chan *c, void *arg), void *arg)
{
	struct chan *c;
	int ret = 0;

	mutex_lock(&chan_table_lock);
	list_for_each_entry(c, &chan_table, node) {
		ret = fn(c, arg); /* want: lock-order-inversion */
		if (ret)
			break;
	}
	mutex_unlock(&chan_table_lock);
	return ret;
}

static int chan_reset_one(struct chan *c, void *arg)
{
	mutex_lock(&c->lock); /* want: lock-order-inversion */
	c->errors = 0;
	mutex_unlock(&c->lock);
	return 0;
}

static int chan_sum_one(struct chan *c, void *arg)
{
	*(u64 *)arg += READ_ONCE(c->errors);
	return 0;
}

/* Called by the DMA completion thread. */
static void chan_error(struct chan *c)
{
	mutex_lock(&c->lock);
	if (++c->errors > 8) {
		mutex_lock(&chan_table_lock); /* want: lock-order-inversion */
		list_del_init(&c->node);
		mutex_unlock(&chan_table_lock);
	}
	mutex_unlock(&c->lock);
}

static int chan_get(void *data, u64 *val)
{
	*val = 0;
	return chan_for_each(chan_sum_one, val);
}

static int chan_set(void *data, u64 val)
{
	struct chan *c = data;

	if (!val)
		return chan_for_each(chan_reset_one, NULL);
	chan_error(c);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(chan_fops, chan_get, chan_set, "%llu\n");

static int __init chan_init(void)
{
	struct chan *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	mutex_init(&c->lock);
	list_add(&c->node, &chan_table);
	chan_file = debugfs_create_file_unsafe("chan", 0600, NULL, c, &chan_fops);
	return 0;
}

static void __exit chan_exit(void)
{
	struct chan *c, *n;

	debugfs_remove(chan_file);
	list_for_each_entry_safe(c, n, &chan_table, node)
		kfree(c);
}

module_init(chan_init);
module_exit(chan_exit);
MODULE_LICENSE("GPL");
