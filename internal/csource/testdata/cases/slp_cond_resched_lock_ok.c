// SPDX-License-Identifier: GPL-2.0
/*
 * cond_resched_lock() drops the spinlock itself. Others that look as if they
 * slept under it: try variants, non-blocking waits, kfree, kvfree after the
 * unlock, wake_up, complete, schedule_work, mod_timer.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>
#include <linux/completion.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/timer.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/delay.h>
#include <linux/debugfs.h>

struct scanner {
	spinlock_t lock;
	struct mutex mutex;
	struct semaphore sem;
	struct completion done;
	wait_queue_head_t wait;
	struct delayed_work work;
	struct timer_list timer;
	u32 *page;
	u32 n;
};

static struct scanner sc;
static struct dentry *sc_file;

static int sc_scan(void *data, u64 rounds)
{
	struct scanner *s = data;
	u32 *old;

	spin_lock(&s->lock);
	while (rounds--) {
		s->n++;
		cond_resched_lock(&s->lock);
	}
	if (mutex_trylock(&s->mutex)) {
		s->n = 0;
		mutex_unlock(&s->mutex);
	}
	if (!down_trylock(&s->sem))
		up(&s->sem);
	if (!try_wait_for_completion(&s->done))
		complete(&s->done);
	wake_up_interruptible(&s->wait);
	mod_delayed_work(system_wq, &s->work, HZ);
	mod_timer(&s->timer, jiffies + HZ);
	cancel_delayed_work(&s->work);
	del_timer(&s->timer);
	udelay(2);
	old = s->page;
	s->page = kmalloc(64, GFP_ATOMIC);
	kfree(old);
	spin_unlock(&s->lock);
	cond_resched();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sc_fops, NULL, sc_scan, "%llu\n");

static void sc_work(struct work_struct *work)
{
	msleep(1);
}

static void sc_tick(struct timer_list *t)
{
}

static int __init sc_init(void)
{
	spin_lock_init(&sc.lock);
	mutex_init(&sc.mutex);
	sema_init(&sc.sem, 1);
	init_completion(&sc.done);
	init_waitqueue_head(&sc.wait);
	INIT_DELAYED_WORK(&sc.work, sc_work);
	timer_setup(&sc.timer, sc_tick, 0);
	sc_file = debugfs_create_file_unsafe("scanner", 0200, NULL, &sc, &sc_fops);
	return 0;
}

static void __exit sc_exit(void)
{
	debugfs_remove(sc_file);
	cancel_delayed_work_sync(&sc.work);
	del_timer_sync(&sc.timer);
	kfree(sc.page);
}

module_init(sc_init);
module_exit(sc_exit);
MODULE_LICENSE("GPL");
