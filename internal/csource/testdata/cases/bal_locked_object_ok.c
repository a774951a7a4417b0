// SPDX-License-Identifier: GPL-2.0
/* Who has taken a lock in an object need not be told that there is one. */
#include <linux/module.h>
#include <linux/mutex.h>

struct node {
	struct mutex lock;
	int n;
};

struct owner {
	struct node *node;
};

int node_swap(struct owner *o, int n)
{
	struct node *node = NULL;
	int ret = 0;

	if (n < 0) {
		ret = -EINVAL;
		goto out;
	}
	node = o->node;
	mutex_lock(&node->lock);
	if (node->n == n)
		ret = -EBUSY;
out:
	if (node)
		mutex_unlock(&node->lock);
	return ret;
}

MODULE_LICENSE("GPL");
