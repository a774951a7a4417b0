// SPDX-License-Identifier: GPL-2.0
/*
 * A call_rcu() callback runs in softirq; its lock is taken elsewhere with
 * softirqs on.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct tmpl {
	struct list_head node;
	struct rcu_head rcu;
	u32 id;
};

static DEFINE_SPINLOCK(tmpl_lock);
static LIST_HEAD(tmpls);
static u32 tmpl_freed;
static struct dentry *tmpl_file;

static void tmpl_free_rcu(struct rcu_head *head)
{
	struct tmpl *t = container_of(head, struct tmpl, rcu);

	spin_lock(&tmpl_lock); /* want: irq-unsafe-lock */
	tmpl_freed++;
	spin_unlock(&tmpl_lock);
	kfree(t);
}

static int tmpl_add(u32 id)
{
	struct tmpl *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->id = id;
	spin_lock(&tmpl_lock); /* want: irq-unsafe-lock */
	list_add_rcu(&t->node, &tmpls);
	spin_unlock(&tmpl_lock);
	return 0;
}

static int tmpl_del(u32 id)
{
	struct tmpl *t;

	spin_lock_bh(&tmpl_lock);
	list_for_each_entry(t, &tmpls, node) {
		if (t->id == id) {
			list_del_rcu(&t->node);
			spin_unlock_bh(&tmpl_lock);
			call_rcu(&t->rcu, tmpl_free_rcu);
			return 0;
		}
	}
	spin_unlock_bh(&tmpl_lock);
	return -ENOENT;
}

static int tmpl_set(void *data, u64 val)
{
	return val & 1 ? tmpl_add(val >> 1) : tmpl_del(val >> 1);
}
DEFINE_DEBUGFS_ATTRIBUTE(tmpl_fops, NULL, tmpl_set, "%llu\n");

static int __init tmpl_init(void)
{
	tmpl_file = debugfs_create_file_unsafe("tmpl", 0200, NULL, NULL, &tmpl_fops);
	return 0;
}

static void __exit tmpl_exit(void)
{
	debugfs_remove(tmpl_file);
	rcu_barrier();
}

module_init(tmpl_init);
module_exit(tmpl_exit);
MODULE_LICENSE("GPL");
