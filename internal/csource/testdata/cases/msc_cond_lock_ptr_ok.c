// SPDX-License-Identifier: GPL-2.0
/*
 * The lock is optional: a pointer to it, or NULL; asked before each use.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct regmapx {
	struct mutex own;
	struct mutex *lock;
	bool fast;
	spinlock_t slock;
	u32 val;
};

static struct regmapx rm;
static struct dentry *rm_file;

static void rm_lock(struct regmapx *r, unsigned long *flags)
{
	if (r->fast)
		spin_lock_irqsave(&r->slock, *flags);
	else if (r->lock)
		mutex_lock(r->lock);
}

static void rm_unlock(struct regmapx *r, unsigned long flags)
{
	if (r->fast)
		spin_unlock_irqrestore(&r->slock, flags);
	else if (r->lock)
		mutex_unlock(r->lock);
}

static int rm_set(void *data, u64 val)
{
	struct regmapx *r = data;
	unsigned long flags = 0;

	rm_lock(r, &flags);
	r->val = (u32)val;
	rm_unlock(r, flags);

	if (r->lock)
		mutex_lock(r->lock);
	r->val++;
	if (r->lock)
		mutex_unlock(r->lock);
	return 0;
}

static int rm_get(void *data, u64 *val)
{
	struct regmapx *r = data;
	struct mutex *lock = r->lock;

	if (!lock) {
		*val = r->val;
		return 0;
	}
	mutex_lock(lock);
	*val = r->val;
	mutex_unlock(lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(rm_fops, rm_get, rm_set, "%llu\n");

static int __init rm_init(void)
{
	mutex_init(&rm.own);
	spin_lock_init(&rm.slock);
	rm.lock = &rm.own;
	rm_file = debugfs_create_file_unsafe("rm", 0600, NULL, &rm, &rm_fops);
	return 0;
}

static void __exit rm_exit(void)
{
	debugfs_remove(rm_file);
}

module_init(rm_init);
module_exit(rm_exit);
MODULE_LICENSE("GPL");
