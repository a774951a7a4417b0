// SPDX-License-Identifier: GPL-2.0
/* A helper sleeps for two of its commands; its caller under the spinlock sends a third. */
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

enum cmd { CMD_SETUP, CMD_CONFIRM, CMD_TEARDOWN };

struct link {
	spinlock_t lock;
	struct mutex alloc;
	int n;
};

static void link_send(struct link *l, enum cmd cmd)
{
	l->n++;
	if (cmd == CMD_CONFIRM || cmd == CMD_TEARDOWN)
		msleep(10);
}

void link_check(struct link *l)
{
	spin_lock_bh(&l->lock);
	link_send(l, CMD_SETUP);
	spin_unlock_bh(&l->lock);
}

void link_down(struct link *l)
{
	link_send(l, CMD_TEARDOWN);
}

void *link_alloc(struct link *l, unsigned int gfp)
{
	void *p;

retry:
	if (gfp & __GFP_DIRECT_RECLAIM)
		mutex_lock(&l->alloc);
	p = kmalloc(16, gfp);
	if (!p && !(gfp & __GFP_DIRECT_RECLAIM)) {
		gfp |= __GFP_DIRECT_RECLAIM;
		goto retry;
	}
	if (gfp & __GFP_DIRECT_RECLAIM)
		mutex_unlock(&l->alloc);
	return p;
}

MODULE_LICENSE("GPL");
