// SPDX-License-Identifier: GPL-2.0
/*
 * synchronize_srcu() of one domain inside a reader of another, and after the
 * reader of the same; synchronize_rcu() in an SRCU reader.
 */
#include <linux/module.h>
#include <linux/srcu.h>
#include <linux/rcupdate.h>
#include <linux/debugfs.h>

DEFINE_STATIC_SRCU(name_srcu);
DEFINE_STATIC_SRCU(link_srcu);
static u64 names, links;
static struct dentry *ns_file;

static int ns_set(void *data, u64 val)
{
	int idx;

	idx = srcu_read_lock(&name_srcu);
	WRITE_ONCE(links, val);
	synchronize_srcu(&link_srcu);
	synchronize_rcu();
	srcu_read_unlock(&name_srcu, idx);

	WRITE_ONCE(names, val);
	synchronize_srcu(&name_srcu);
	return 0;
}

static int ns_get(void *data, u64 *val)
{
	int idx = srcu_read_lock(&link_srcu);

	*val = READ_ONCE(links);
	srcu_read_unlock(&link_srcu, idx);
	rcu_read_lock();
	*val += READ_ONCE(names);
	rcu_read_unlock();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ns_fops, ns_get, ns_set, "%llu\n");

static int __init ns_init(void)
{
	ns_file = debugfs_create_file_unsafe("nsx", 0600, NULL, NULL, &ns_fops);
	return 0;
}

static void __exit ns_exit(void)
{
	debugfs_remove(ns_file);
}

module_init(ns_init);
module_exit(ns_exit);
MODULE_LICENSE("GPL");
