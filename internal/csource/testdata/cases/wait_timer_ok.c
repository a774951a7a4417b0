// SPDX-License-Identifier: GPL-2.0
/*
 * del_timer() under the lock, del_timer_sync() after it; a sync delete with
 * a mutex that the timer cannot take.
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct bell {
	spinlock_t lock;
	struct mutex cfg;
	struct timer_list timer;
	bool stopping;
	u32 rings;
};

static struct bell bell;
static struct dentry *bell_file;

static void bell_ring(struct timer_list *t)
{
	struct bell *b = from_timer(b, t, timer);

	spin_lock(&b->lock);
	b->rings++;
	if (!b->stopping)
		mod_timer(&b->timer, jiffies + HZ);
	spin_unlock(&b->lock);
}

static void bell_stop(struct bell *b)
{
	spin_lock_bh(&b->lock);
	b->stopping = true;
	del_timer(&b->timer);
	spin_unlock_bh(&b->lock);
	del_timer_sync(&b->timer);
}

static int bell_set(void *data, u64 val)
{
	struct bell *b = data;

	mutex_lock(&b->cfg);
	bell_stop(b);
	spin_lock_bh(&b->lock);
	b->stopping = !val;
	spin_unlock_bh(&b->lock);
	if (val)
		mod_timer(&b->timer, jiffies + HZ);
	mutex_unlock(&b->cfg);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bell_fops, NULL, bell_set, "%llu\n");

static int __init bell_init(void)
{
	spin_lock_init(&bell.lock);
	mutex_init(&bell.cfg);
	timer_setup(&bell.timer, bell_ring, 0);
	bell_file = debugfs_create_file_unsafe("bell", 0200, NULL, &bell, &bell_fops);
	return 0;
}

static void __exit bell_exit(void)
{
	debugfs_remove(bell_file);
	bell_stop(&bell);
}

module_init(bell_init);
module_exit(bell_exit);
MODULE_LICENSE("GPL");
