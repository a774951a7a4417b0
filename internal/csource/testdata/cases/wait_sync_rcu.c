// SPDX-License-Identifier: GPL-2.0
/*
 * synchronize_rcu() inside an RCU reader waits for itself.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct acl {
	struct list_head node;
	u32 uid;
	bool stale;
};

static LIST_HEAD(acls);
static DEFINE_SPINLOCK(acls_lock);
static struct dentry *acl_file;

static void acl_free(struct acl *a)
{
	spin_lock(&acls_lock);
	list_del_rcu(&a->node);
	spin_unlock(&acls_lock);
	synchronize_rcu(); /* want: wait-under-lock|sleep-in-atomic */
	kfree(a);
}

static int acl_purge(u32 uid)
{
	struct acl *a, *found = NULL;

	rcu_read_lock();
	list_for_each_entry_rcu(a, &acls, node) {
		if (a->uid == uid && a->stale) {
			found = a;
			break;
		}
	}
	if (found)
		acl_free(found); /* want: wait-under-lock|sleep-in-atomic */
	rcu_read_unlock();
	return found ? 0 : -ENOENT;
}

static int acl_add(u32 uid)
{
	struct acl *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->uid = uid;
	spin_lock(&acls_lock);
	list_add_rcu(&a->node, &acls);
	spin_unlock(&acls_lock);
	return 0;
}

static int acl_set(void *data, u64 val)
{
	return val & 1 ? acl_add(val >> 1) : acl_purge(val >> 1);
}
DEFINE_DEBUGFS_ATTRIBUTE(acl_fops, NULL, acl_set, "%llu\n");

static int __init acl_init(void)
{
	acl_file = debugfs_create_file_unsafe("acl", 0200, NULL, NULL, &acl_fops);
	return 0;
}

static void __exit acl_exit(void)
{
	debugfs_remove(acl_file);
}

module_init(acl_init);
module_exit(acl_exit);
MODULE_LICENSE("GPL");
