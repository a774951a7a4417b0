// SPDX-License-Identifier: GPL-2.0
/*
 * Lock gates of a canal: one control room works both gates; it may begin at
 * either of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define GATE_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct canal {
	struct mutex control;		/* one manoeuvre at a time */
	struct mutex upper_lock;
	struct mutex lower_lock;
	unsigned int upper;
	unsigned int lower;
	struct task_struct *raiser;
	struct task_struct *sinker;
};

static struct canal *canal;

static void canal_raise(struct canal *c)
{
	mutex_lock(&c->control);
	mutex_lock(&c->lower_lock);
	c->lower++;
	msleep(settle_ms);
	mutex_lock(&c->upper_lock);
	c->upper++;
	mutex_unlock(&c->upper_lock);
	mutex_unlock(&c->lower_lock);
	mutex_unlock(&c->control);
}

static void canal_sink(struct canal *c)
{
	mutex_lock(&c->control);
	mutex_lock(&c->upper_lock);
	c->upper--;
	msleep(settle_ms);
	mutex_lock(&c->lower_lock);
	c->lower--;
	mutex_unlock(&c->lower_lock);
	mutex_unlock(&c->upper_lock);
	mutex_unlock(&c->control);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool canal_next(void)
{
	schedule_timeout_interruptible(GATE_PERIOD - jiffies % GATE_PERIOD);
	return !kthread_should_stop();
}

static int canal_raise_thread(void *data)
{
	while (canal_next()) {
		canal_raise(data);
		if (serial)
			canal_sink(data);
	}
	return 0;
}

static int canal_sink_thread(void *data)
{
	while (canal_next())
		canal_sink(data);
	return 0;
}

static void gatectl_stop(void)
{
	if (!IS_ERR_OR_NULL(canal->sinker))
		kthread_stop(canal->sinker);
	if (!IS_ERR_OR_NULL(canal->raiser))
		kthread_stop(canal->raiser);
}

static int __init gatectl_init(void)
{
	canal = kzalloc(sizeof(*canal), GFP_KERNEL);
	if (!canal)
		return -ENOMEM;
	mutex_init(&canal->control);
	mutex_init(&canal->upper_lock);
	mutex_init(&canal->lower_lock);

	if (!autostart)
		return 0;

	canal->raiser = kthread_run(canal_raise_thread, canal, "canal-raise");
	if (IS_ERR(canal->raiser))
		goto fail;
	if (serial)
		return 0;

	canal->sinker = kthread_run(canal_sink_thread, canal, "canal-sink");
	if (IS_ERR(canal->sinker))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	gatectl_stop();
	kfree(canal);
	return -ENOMEM;
}

static void __exit gatectl_exit(void)
{
	gatectl_stop();
	kfree(canal);
}

module_init(gatectl_init);
module_exit(gatectl_exit);

MODULE_DESCRIPTION("Gates of a canal");
MODULE_LICENSE("GPL");
