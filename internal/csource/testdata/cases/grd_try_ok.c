// SPDX-License-Identifier: GPL-2.0
/*
 * Conditional guards: what is below one is only reached with the lock. Needs
 * headers of 6.8 or later.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/debugfs.h>

struct gatekeeper {
	struct mutex lock;
	struct rw_semaphore sem;
	spinlock_t slock;
	u64 seen;
};

static struct gatekeeper gk;
static struct dentry *gk_file;

static int gk_set(void *data, u64 val)
{
	struct gatekeeper *g = data;

	scoped_cond_guard(mutex_intr, return -ERESTARTSYS, &g->lock) {
		msleep(1);
		g->seen = val;
	}
	scoped_guard(mutex_try, &g->lock) {
		g->seen++;
		return 1;
	}
	return 0;
}

static int gk_get(void *data, u64 *val)
{
	struct gatekeeper *g = data;

	if (!mutex_trylock(&g->lock))
		return -EBUSY;
	*val = g->seen;
	mutex_unlock(&g->lock);

	CLASS(rwsem_read_try, held)(&g->sem);
	if (!held)
		return -EAGAIN;
	msleep(1);
	scoped_guard(spinlock_try, &g->slock)
		*val += 1;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(gk_fops, gk_get, gk_set, "%llu\n");

static int __init gk_init(void)
{
	mutex_init(&gk.lock);
	init_rwsem(&gk.sem);
	spin_lock_init(&gk.slock);
	gk_file = debugfs_create_file_unsafe("gk", 0600, NULL, &gk, &gk_fops);
	return 0;
}

static void __exit gk_exit(void)
{
	debugfs_remove(gk_file);
}

module_init(gk_init);
module_exit(gk_exit);
MODULE_LICENSE("GPL");
