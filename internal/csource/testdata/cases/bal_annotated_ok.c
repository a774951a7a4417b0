// SPDX-License-Identifier: GPL-2.0
/*
 * Functions with sparse annotations that lock, unlock, or drop and retake.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/lockdep.h>
#include <linux/debugfs.h>

struct annot {
	spinlock_t lock;
	u32 busy;
	u32 seq;
};

static struct annot annot;
static struct dentry *annot_file;

static void annot_acquire(struct annot *a)
	__acquires(&a->lock)
{
	spin_lock(&a->lock);
	a->seq++;
}

static void annot_release(struct annot *a)
	__releases(&a->lock)
{
	a->seq++;
	spin_unlock(&a->lock);
}

/* Sleeps with the lock dropped; the caller holds it before and after. */
static void annot_wait_idle(struct annot *a)
	__releases(&a->lock)
	__acquires(&a->lock)
{
	lockdep_assert_held(&a->lock);
	while (a->busy) {
		spin_unlock(&a->lock);
		usleep_range(50, 100);
		spin_lock(&a->lock);
	}
}

static u32 __must_check annot_seq(struct annot *a)
	__must_hold(&a->lock)
{
	return a->seq;
}

static int annot_set(void *data, u64 val)
{
	struct annot *a = data;

	annot_acquire(a);
	annot_wait_idle(a);
	a->busy = val;
	annot_release(a);
	return 0;
}

static int annot_get(void *data, u64 *val)
{
	struct annot *a = data;

	annot_acquire(a);
	*val = annot_seq(a);
	annot_release(a);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(annot_fops, annot_get, annot_set, "%llu\n");

static int __init annot_init(void)
{
	spin_lock_init(&annot.lock);
	annot_file = debugfs_create_file_unsafe("annot", 0600, NULL, &annot, &annot_fops);
	return 0;
}

static void __exit annot_exit(void)
{
	debugfs_remove(annot_file);
}

module_init(annot_init);
module_exit(annot_exit);
MODULE_LICENSE("GPL");
