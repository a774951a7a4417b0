// SPDX-License-Identifier: GPL-2.0
/* kref_put_lock() leaves the lock to whoever dropped the last reference, or to the release function. */
#include <linux/module.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/list.h>

static DEFINE_SPINLOCK(list_lock);

struct item {
	struct kref ref;
	struct list_head node;
};

static void item_unlink(struct kref *ref)
{
	struct item *it = container_of(ref, struct item, ref);

	list_del(&it->node);
}

static void item_release(struct kref *ref)
{
	struct item *it = container_of(ref, struct item, ref);

	list_del(&it->node);
	spin_unlock(&list_lock);
	kfree(it);
}

void item_drop(struct item *it)
{
	if (kref_put_lock(&it->ref, item_unlink, &list_lock)) {
		spin_unlock(&list_lock);
		kfree(it);
	}
}

void item_put(struct item *it)
{
	kref_put_lock(&it->ref, item_release, &list_lock);
}

MODULE_LICENSE("GPL");
