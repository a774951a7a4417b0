// SPDX-License-Identifier: GPL-2.0
/*
 * Ships log records to a collector; a second worker trims the backlog.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>

#define SHIP_PERIOD	(HZ / 5)
#define SHIP_LINK_LIFE	3	/* records until the collector closes the link */

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "the collector never closes the link");

static unsigned int settle_ms = 20;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct shipper {
	struct mutex lock;		/* backlog, sent */
	int backlog;
	int sent;
	struct task_struct *sender;
	struct task_struct *trimmer;
};

static struct shipper *ship;

static int ship_send(struct shipper *s)
{
	msleep(settle_ms);
	if (!serial && s->sent >= SHIP_LINK_LIFE)
		return -EPIPE;
	s->sent++;
	s->backlog--;
	return 0;
}

static void ship_trim(struct shipper *s)
{
	mutex_lock(&s->lock);
	if (s->backlog > 100)
		s->backlog = 100;
	s->backlog++;
	mutex_unlock(&s->lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool ship_next(void)
{
	schedule_timeout_interruptible(SHIP_PERIOD - jiffies % SHIP_PERIOD);
	return !kthread_should_stop();
}

static int ship_send_thread(void *data)
{
	struct shipper *s = data;

	while (ship_next()) {
		mutex_lock(&s->lock);
		if (ship_send(s)) {
			pr_notice("link closed\n");
			return -EPIPE;
		}
		mutex_unlock(&s->lock);
	}
	return 0;
}

static int ship_trim_thread(void *data)
{
	while (ship_next())
		ship_trim(data);
	return 0;
}

static void ship_stop(struct task_struct *t)
{
	kthread_stop(t);
	put_task_struct(t);
}

static int __init logship_init(void)
{
	ship = kzalloc(sizeof(*ship), GFP_KERNEL);
	if (!ship)
		return -ENOMEM;
	mutex_init(&ship->lock);
	if (!autostart)
		return 0;

	ship->trimmer = kthread_run(ship_trim_thread, ship, "ship-trim");
	if (IS_ERR(ship->trimmer))
		goto free;
	get_task_struct(ship->trimmer);

	ship->sender = kthread_create(ship_send_thread, ship, "ship-send");
	if (IS_ERR(ship->sender))
		goto stop;
	get_task_struct(ship->sender);	/* it may end before it is stopped */
	wake_up_process(ship->sender);
	return 0;

stop:
	ship_stop(ship->trimmer);
free:
	kfree(ship);
	return -ENOMEM;
}

static void __exit logship_exit(void)
{
	if (ship->sender) {
		ship_stop(ship->sender);
		ship_stop(ship->trimmer);
	}
	kfree(ship);
}

module_init(logship_init);
module_exit(logship_exit);

MODULE_DESCRIPTION("Log shipper");
MODULE_LICENSE("GPL");
