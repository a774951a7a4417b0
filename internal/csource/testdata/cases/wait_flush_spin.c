// SPDX-License-Identifier: GPL-2.0
/*
 * flush_work() sleeps, here under a spinlock that the work takes as well.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct idx {
	spinlock_t lock;
	struct work_struct work;
	u64 gen;
};

static struct idx idx;
static struct dentry *idx_file;

static void idx_rebuild(struct work_struct *work)
{
	struct idx *i = container_of(work, struct idx, work);

	spin_lock(&i->lock); /* want: sleep-in-atomic|wait-under-lock */
	i->gen++;
	spin_unlock(&i->lock);
}

static int idx_get(void *data, u64 *val)
{
	struct idx *i = data;

	spin_lock(&i->lock);
	flush_work(&i->work); /* want: sleep-in-atomic|wait-under-lock */
	*val = i->gen;
	spin_unlock(&i->lock);
	return 0;
}

static int idx_set(void *data, u64 val)
{
	struct idx *i = data;

	schedule_work(&i->work);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(idx_fops, idx_get, idx_set, "%llu\n");

static int __init idx_init(void)
{
	spin_lock_init(&idx.lock);
	INIT_WORK(&idx.work, idx_rebuild);
	idx_file = debugfs_create_file_unsafe("idx", 0600, NULL, &idx, &idx_fops);
	return 0;
}

static void __exit idx_exit(void)
{
	debugfs_remove(idx_file);
	cancel_work_sync(&idx.work);
}

module_init(idx_init);
module_exit(idx_exit);
MODULE_LICENSE("GPL");
