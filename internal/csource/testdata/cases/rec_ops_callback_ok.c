// SPDX-License-Identifier: GPL-2.0
/*
 * As before, but finished requests are collected on a private list and
 * completed after the lock is released.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct yreq {
	struct list_head node;
	u32 tag;
};

struct yhost;

struct yhost_ops {
	void (*done)(struct yhost *h, struct yreq *r);
	u32 (*slots)(struct yhost *h);
};

struct yhost {
	spinlock_t lock;
	struct list_head active;
	const struct yhost_ops *ops;
	u32 free;
};

static struct yhost yhost;
static struct dentry *yhost_file;

static void yhost_complete_all(struct yhost *h)
{
	struct yreq *r, *n;
	LIST_HEAD(done);

	spin_lock(&h->lock);
	list_splice_init(&h->active, &done);
	h->free += h->ops->slots(h);
	spin_unlock(&h->lock);

	list_for_each_entry_safe(r, n, &done, node) {
		list_del(&r->node);
		h->ops->done(h, r);
	}
}

static void disk_done(struct yhost *h, struct yreq *r)
{
	spin_lock(&h->lock);
	h->free++;
	spin_unlock(&h->lock);
	kfree(r);
}

static u32 disk_slots(struct yhost *h)
{
	lockdep_assert_held(&h->lock);
	return h->free ? 0 : 1;
}

static const struct yhost_ops disk_ops = {
	.done	= disk_done,
	.slots	= disk_slots,
};

static int yhost_set(void *data, u64 val)
{
	yhost_complete_all(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(yhost_fops, NULL, yhost_set, "%llu\n");

static int __init yhost_init(void)
{
	spin_lock_init(&yhost.lock);
	INIT_LIST_HEAD(&yhost.active);
	yhost.ops = &disk_ops;
	yhost_file = debugfs_create_file_unsafe("yhost", 0200, NULL, &yhost, &yhost_fops);
	return 0;
}

static void __exit yhost_exit(void)
{
	debugfs_remove(yhost_file);
}

module_init(yhost_init);
module_exit(yhost_exit);
MODULE_LICENSE("GPL");
