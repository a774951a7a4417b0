// SPDX-License-Identifier: GPL-2.0
/*
 * Two rwsems, read in both orders. Readers alone would pass, but a writer
 * that waits stops new readers: with one writer on each, four tasks block.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/debugfs.h>

static DECLARE_RWSEM(route_sem);
static DECLARE_RWSEM(neigh_sem);
static u32 routes, neighs;
static struct dentry *rt_dir;

static int rt_lookup(void *data, u64 *val)
{
	down_read(&route_sem);
	down_read(&neigh_sem); /* want: lock-order-inversion */
	*val = routes + neighs;
	up_read(&neigh_sem);
	up_read(&route_sem);
	return 0;
}

static int neigh_lookup(void *data, u64 *val)
{
	down_read(&neigh_sem);
	*val = neighs;
	if (neighs) {
		down_read(&route_sem); /* want: lock-order-inversion */
		*val += routes;
		up_read(&route_sem);
	}
	up_read(&neigh_sem);
	return 0;
}

static int rt_add(void *data, u64 val)
{
	down_write(&route_sem);
	routes++;
	up_write(&route_sem);
	return 0;
}

static int neigh_add(void *data, u64 val)
{
	down_write(&neigh_sem);
	neighs++;
	up_write(&neigh_sem);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(rt_fops, rt_lookup, rt_add, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(neigh_fops, neigh_lookup, neigh_add, "%llu\n");

static int __init rt_init(void)
{
	rt_dir = debugfs_create_dir("rt", NULL);
	debugfs_create_file_unsafe("route", 0600, rt_dir, NULL, &rt_fops);
	debugfs_create_file_unsafe("neigh", 0600, rt_dir, NULL, &neigh_fops);
	return 0;
}

static void __exit rt_exit(void)
{
	debugfs_remove_recursive(rt_dir);
}

module_init(rt_init);
module_exit(rt_exit);
MODULE_LICENSE("GPL");
