// SPDX-License-Identifier: GPL-2.0
/*
 * Fan hub: sets the speed of fans over a slow bus and keeps what they report.
 * /sys/kernel/debug/fanhub shows the last report.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#define FAN_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct fan_hub {
	struct mutex bus_lock;		/* transfers */
	struct mutex state_lock;	/* rpm, target */
	unsigned int rpm;
	unsigned int target;
	struct dentry *file;
	struct task_struct *setter;
	struct task_struct *poller;
};

static struct fan_hub *hub;

static void fan_set(struct fan_hub *h, unsigned int target)
{
	mutex_lock(&h->state_lock);
	h->target = target;
	msleep(settle_ms);	/* ramp */
	mutex_lock(&h->bus_lock);
	h->rpm = h->target;
	mutex_unlock(&h->bus_lock);
	mutex_unlock(&h->state_lock);
}

static void fan_poll(struct fan_hub *h)
{
	mutex_lock(&h->bus_lock);
	msleep(settle_ms);	/* one transfer */
	mutex_lock(&h->state_lock);
	h->rpm = (h->rpm + h->target) / 2;
	mutex_unlock(&h->state_lock);
	mutex_unlock(&h->bus_lock);
}

static int fanhub_show(struct seq_file *m, void *unused)
{
	struct fan_hub *h = m->private;

	mutex_lock(&h->state_lock);
	seq_printf(m, "%u of %u rpm\n", h->rpm, h->target);
	mutex_unlock(&h->state_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(fanhub);

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool fan_next(void)
{
	schedule_timeout_interruptible(FAN_PERIOD - jiffies % FAN_PERIOD);
	return !kthread_should_stop();
}

static int fan_set_thread(void *data)
{
	unsigned int target = 900;

	while (fan_next()) {
		fan_set(data, target++);
		if (serial)
			fan_poll(data);
	}
	return 0;
}

static int fan_poll_thread(void *data)
{
	while (fan_next())
		fan_poll(data);
	return 0;
}

static void fanhub_stop(void)
{
	if (!IS_ERR_OR_NULL(hub->poller))
		kthread_stop(hub->poller);
	if (!IS_ERR_OR_NULL(hub->setter))
		kthread_stop(hub->setter);
}

static int __init fanhub_init(void)
{
	hub = kzalloc(sizeof(*hub), GFP_KERNEL);
	if (!hub)
		return -ENOMEM;
	mutex_init(&hub->bus_lock);
	mutex_init(&hub->state_lock);
	hub->file = debugfs_create_file("fanhub", 0444, NULL, hub, &fanhub_fops);

	if (!autostart)
		return 0;

	hub->setter = kthread_run(fan_set_thread, hub, "fan-set");
	if (IS_ERR(hub->setter))
		goto fail;
	if (serial)
		return 0;

	hub->poller = kthread_run(fan_poll_thread, hub, "fan-poll");
	if (IS_ERR(hub->poller))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	fanhub_stop();
	debugfs_remove(hub->file);
	kfree(hub);
	return -ENOMEM;
}

static void __exit fanhub_exit(void)
{
	fanhub_stop();
	debugfs_remove(hub->file);
	kfree(hub);
}

module_init(fanhub_init);
module_exit(fanhub_exit);

MODULE_DESCRIPTION("Fan hub");
MODULE_LICENSE("GPL");
