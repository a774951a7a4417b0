// SPDX-License-Identifier: GPL-2.0
/*
 * synchronize_srcu() inside a reader of the same SRCU domain.
 */
#include <linux/module.h>
#include <linux/srcu.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

DEFINE_STATIC_SRCU(plan_srcu);
static u64 __rcu *plan;
static DEFINE_MUTEX(plan_mutex);
static struct dentry *plan_file;

static int plan_replace(u64 val)
{
	u64 *new = kmalloc(sizeof(*new), GFP_KERNEL), *old;

	if (!new)
		return -ENOMEM;
	*new = val;
	mutex_lock(&plan_mutex);
	old = rcu_dereference_protected(plan, lockdep_is_held(&plan_mutex));
	rcu_assign_pointer(plan, new);
	mutex_unlock(&plan_mutex);
	synchronize_srcu(&plan_srcu); /* want: wait-under-lock */
	kfree(old);
	return 0;
}

static int plan_set(void *data, u64 val)
{
	int idx, ret = 0;
	u64 *cur;

	idx = srcu_read_lock(&plan_srcu);
	cur = srcu_dereference(plan, &plan_srcu);
	if (!cur || *cur != val)
		ret = plan_replace(val); /* want: wait-under-lock */
	srcu_read_unlock(&plan_srcu, idx);
	return ret;
}

static int plan_get(void *data, u64 *val)
{
	int idx = srcu_read_lock(&plan_srcu);
	u64 *cur = srcu_dereference(plan, &plan_srcu);

	*val = cur ? *cur : 0;
	srcu_read_unlock(&plan_srcu, idx);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(plan_fops, plan_get, plan_set, "%llu\n");

static int __init plan_init(void)
{
	plan_file = debugfs_create_file_unsafe("plan", 0600, NULL, NULL, &plan_fops);
	return 0;
}

static void __exit plan_exit(void)
{
	debugfs_remove(plan_file);
}

module_init(plan_init);
module_exit(plan_exit);
MODULE_LICENSE("GPL");
