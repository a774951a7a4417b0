// SPDX-License-Identifier: GPL-2.0
/*
 * An iterator under a read lock calls a function that waits for a mutex.
 */
#include <linux/module.h>
#include <linux/rwlock.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct zone_ent {
	struct list_head node;
	struct mutex mutex;
	u32 hits;
};

static DEFINE_RWLOCK(zones_lock);
static LIST_HEAD(zones);
static struct dentry *zones_file;

static void zones_apply(void (*fn)(struct zone_ent *z))
{
	struct zone_ent *z;

	read_lock(&zones_lock);
	list_for_each_entry(z, &zones, node)
		fn(z); /* want: sleep-in-atomic */
	read_unlock(&zones_lock);
}

static void zone_clear(struct zone_ent *z)
{
	mutex_lock(&z->mutex); /* want: sleep-in-atomic */
	z->hits = 0;
	mutex_unlock(&z->mutex);
}

static int zones_set(void *data, u64 val)
{
	struct zone_ent *z;

	if (!val) {
		zones_apply(zone_clear); /* want: sleep-in-atomic */
		return 0;
	}
	z = kzalloc(sizeof(*z), GFP_KERNEL);
	if (!z)
		return -ENOMEM;
	mutex_init(&z->mutex);
	write_lock(&zones_lock);
	list_add(&z->node, &zones);
	write_unlock(&zones_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(zones_fops, NULL, zones_set, "%llu\n");

static int __init zones_init(void)
{
	zones_file = debugfs_create_file_unsafe("zones", 0200, NULL, NULL, &zones_fops);
	return 0;
}

static void __exit zones_exit(void)
{
	debugfs_remove(zones_file);
}

module_init(zones_init);
module_exit(zones_exit);
MODULE_LICENSE("GPL");
