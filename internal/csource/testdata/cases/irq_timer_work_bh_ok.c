// SPDX-License-Identifier: GPL-2.0
/*
 * Timer, tasklet and work share a lock. The timer and the tasklet need not
 * do anything, because softirqs do not interrupt each other; the work and the
 * file use _bh, or local_bh_disable().
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct pump {
	spinlock_t lock;
	struct timer_list timer;
	struct tasklet_struct task;
	struct work_struct work;
	u64 strokes;
};

static struct pump pump;
static struct dentry *pump_file;

static void pump_tick(struct timer_list *t)
{
	struct pump *p = from_timer(p, t, timer);

	spin_lock(&p->lock);
	p->strokes++;
	spin_unlock(&p->lock);
	tasklet_schedule(&p->task);
}

static void pump_tasklet(struct tasklet_struct *t)
{
	struct pump *p = from_tasklet(p, t, task);

	spin_lock(&p->lock);
	p->strokes += 2;
	spin_unlock(&p->lock);
	schedule_work(&p->work);
}

static void pump_work(struct work_struct *work)
{
	struct pump *p = container_of(work, struct pump, work);

	spin_lock_bh(&p->lock);
	p->strokes += 3;
	spin_unlock_bh(&p->lock);
	mod_timer(&p->timer, jiffies + HZ);
}

static int pump_get(void *data, u64 *val)
{
	struct pump *p = data;

	local_bh_disable();
	spin_lock(&p->lock);
	*val = p->strokes;
	spin_unlock(&p->lock);
	local_bh_enable();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(pump_fops, pump_get, NULL, "%llu\n");

static int __init pump_init(void)
{
	spin_lock_init(&pump.lock);
	timer_setup(&pump.timer, pump_tick, 0);
	tasklet_setup(&pump.task, pump_tasklet);
	INIT_WORK(&pump.work, pump_work);
	pump_file = debugfs_create_file_unsafe("pump", 0400, NULL, &pump, &pump_fops);
	mod_timer(&pump.timer, jiffies + HZ);
	return 0;
}

static void __exit pump_exit(void)
{
	debugfs_remove(pump_file);
	timer_shutdown_sync(&pump.timer);
	tasklet_kill(&pump.task);
	cancel_work_sync(&pump.work);
}

module_init(pump_init);
module_exit(pump_exit);
MODULE_LICENSE("GPL");
