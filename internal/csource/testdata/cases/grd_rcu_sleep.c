// SPDX-License-Identifier: GPL-2.0
/*
 * guard(rcu)() until the end of the function, and a mutex below it.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct neighx {
	struct list_head node;
	struct mutex lock;
	u32 addr;
	u32 uses;
};

static LIST_HEAD(neighs);
static DEFINE_MUTEX(neighs_mutex);

static void neighx_touch(struct neighx *n)
{
	mutex_lock(&n->lock); /* want: sleep-in-atomic */
	n->uses++;
	mutex_unlock(&n->lock);
}

int neighx_use(u32 addr)
{
	struct neighx *n;

	guard(rcu)();
	list_for_each_entry_rcu(n, &neighs, node) {
		if (n->addr == addr) {
			neighx_touch(n); /* want: sleep-in-atomic */
			return 0;
		}
	}
	return -ENOENT;
}
EXPORT_SYMBOL_GPL(neighx_use);

int neighx_add(u32 addr)
{
	struct neighx *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	mutex_init(&n->lock);
	n->addr = addr;
	guard(mutex)(&neighs_mutex);
	list_add_rcu(&n->node, &neighs);
	neighx_touch(n);
	return 0;
}
EXPORT_SYMBOL_GPL(neighx_add);
MODULE_LICENSE("GPL");
