// SPDX-License-Identifier: GPL-2.0
/* A walk that ends without a break has found nothing, and holds nothing. */
#include <linux/module.h>
#include <linux/list.h>
#include <linux/spinlock.h>

struct node {
	struct hlist_node link;
	spinlock_t lock;
	int state;
};

int node_insert(struct hlist_head *head, int state)
{
	struct node *old = NULL;

	hlist_for_each_entry(old, head, link) {
		if (old->state != state)
			continue;
		spin_lock(&old->lock);
		if (old->state < 0) {
			spin_unlock(&old->lock);
			continue;
		}
		break;
	}
	if (!old)
		return 0;
	if (old->state == 7) {
		spin_unlock(&old->lock);
		return -EBUSY;
	}
	spin_unlock(&old->lock);
	return 1;
}

MODULE_LICENSE("GPL");
