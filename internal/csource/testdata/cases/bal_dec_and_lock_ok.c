// SPDX-License-Identifier: GPL-2.0
/*
 * refcount_dec_and_lock() and its relatives hold the lock only if they
 * return true.
 */
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/kref.h>

struct peer {
	struct list_head node;
	refcount_t ref;
	atomic_t users;
	struct kref kref;
};

static DEFINE_SPINLOCK(peers_lock);
static DEFINE_MUTEX(peers_mutex);
static LIST_HEAD(peers);

void peer_put(struct peer *p)
{
	if (!refcount_dec_and_lock(&p->ref, &peers_lock))
		return;
	list_del(&p->node);
	spin_unlock(&peers_lock);
	kfree(p);
}
EXPORT_SYMBOL_GPL(peer_put);

void peer_put_irq(struct peer *p)
{
	unsigned long flags;

	if (refcount_dec_and_lock_irqsave(&p->ref, &peers_lock, &flags)) {
		list_del(&p->node);
		spin_unlock_irqrestore(&peers_lock, flags);
		kfree(p);
	}
}
EXPORT_SYMBOL_GPL(peer_put_irq);

int peer_close(struct peer *p)
{
	if (atomic_dec_and_mutex_lock(&p->users, &peers_mutex)) {
		list_del_init(&p->node);
		mutex_unlock(&peers_mutex);
		return 1;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(peer_close);

static void peer_free(struct kref *kref)
	__releases(&peers_mutex)
{
	struct peer *p = container_of(kref, struct peer, kref);

	list_del(&p->node);
	mutex_unlock(&peers_mutex);
	kfree(p);
}

/* kref_put_mutex() takes the mutex, peer_free() releases it. */
void peer_unref(struct peer *p)
{
	kref_put_mutex(&p->kref, peer_free, &peers_mutex);
}
EXPORT_SYMBOL_GPL(peer_unref);

MODULE_LICENSE("GPL");
