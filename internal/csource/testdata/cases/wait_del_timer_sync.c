// SPDX-License-Identifier: GPL-2.0
/*
 * del_timer_sync() with the spinlock that the timer takes.
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct lamp {
	spinlock_t lock;
	struct timer_list timer;
	bool on;
	u32 blinks;
};

static struct lamp lamp;
static struct dentry *lamp_file;

static void lamp_blink(struct timer_list *t)
{
	struct lamp *l = from_timer(l, t, timer);

	spin_lock(&l->lock); /* want: wait-under-lock */
	l->on = !l->on;
	l->blinks++;
	mod_timer(&l->timer, jiffies + HZ / 2);
	spin_unlock(&l->lock);
}

static int lamp_set(void *data, u64 val)
{
	struct lamp *l = data;

	spin_lock_bh(&l->lock);
	if (val) {
		mod_timer(&l->timer, jiffies + HZ / 2);
	} else {
		del_timer_sync(&l->timer); /* want: wait-under-lock */
		l->on = false;
	}
	spin_unlock_bh(&l->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(lamp_fops, NULL, lamp_set, "%llu\n");

static int __init lamp_init(void)
{
	spin_lock_init(&lamp.lock);
	timer_setup(&lamp.timer, lamp_blink, 0);
	lamp_file = debugfs_create_file_unsafe("lamp", 0200, NULL, &lamp, &lamp_fops);
	return 0;
}

static void __exit lamp_exit(void)
{
	debugfs_remove(lamp_file);
	del_timer_sync(&lamp.timer);
}

module_init(lamp_init);
module_exit(lamp_exit);
MODULE_LICENSE("GPL");
