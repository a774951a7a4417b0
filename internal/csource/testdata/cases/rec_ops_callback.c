// SPDX-License-Identifier: GPL-2.0
/*
 * The core calls ops->done with its spinlock held; the driver's done() calls
 * back into the core, which takes it again.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct xreq {
	struct list_head node;
	u32 tag;
};

struct xhost;

struct xhost_ops {
	void (*done)(struct xhost *h, struct xreq *r);
};

struct xhost {
	spinlock_t lock;
	struct list_head active;
	const struct xhost_ops *ops;
	u32 free;
};

static struct xhost xhost;
static struct dentry *xhost_file;

static void xhost_release_slot(struct xhost *h)
{
	spin_lock(&h->lock); /* want: recursive-lock */
	h->free++;
	spin_unlock(&h->lock);
}

static void xhost_complete_all(struct xhost *h)
{
	struct xreq *r, *n;

	spin_lock(&h->lock);
	list_for_each_entry_safe(r, n, &h->active, node) {
		list_del(&r->node);
		h->ops->done(h, r); /* want: recursive-lock */
	}
	spin_unlock(&h->lock);
}

static void disk_done(struct xhost *h, struct xreq *r)
{
	xhost_release_slot(h); /* want: recursive-lock */
	kfree(r);
}

static const struct xhost_ops disk_ops = {
	.done	= disk_done,
};

static int xhost_submit(struct xhost *h, u32 tag)
{
	struct xreq *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->tag = tag;
	spin_lock(&h->lock);
	list_add_tail(&r->node, &h->active);
	h->free--;
	spin_unlock(&h->lock);
	return 0;
}

static int xhost_set(void *data, u64 val)
{
	if (val)
		return xhost_submit(data, (u32)val);
	xhost_complete_all(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(xhost_fops, NULL, xhost_set, "%llu\n");

static int __init xhost_init(void)
{
	spin_lock_init(&xhost.lock);
	INIT_LIST_HEAD(&xhost.active);
	xhost.ops = &disk_ops;
	xhost_file = debugfs_create_file_unsafe("xhost", 0200, NULL, &xhost, &xhost_fops);
	return 0;
}

static void __exit xhost_exit(void)
{
	debugfs_remove(xhost_file);
}

module_init(xhost_init);
module_exit(xhost_exit);
MODULE_LICENSE("GPL");
