// SPDX-License-Identifier: GPL-2.0
/*
 * Double buffer: the producer fills the back buffer and swaps, the viewer
 * holds the front buffer and peeks into the back one when that is free.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>

#define SWAP_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_MUTEX(front_lock);
static DEFINE_MUTEX(back_lock);
static unsigned int front, back, peeks, retries;
static struct task_struct *producer;
static struct task_struct *viewer;

static void swap_produce(void)
{
	mutex_lock(&back_lock);
	back++;
	msleep(settle_ms);
	mutex_lock(&front_lock);
	swap(front, back);
	mutex_unlock(&front_lock);
	mutex_unlock(&back_lock);
}

static void swap_view(void)
{
	for (;;) {
		mutex_lock(&front_lock);
		if (mutex_trylock(&back_lock))
			break;
		retries++;
		mutex_unlock(&front_lock);
		msleep(settle_ms / 4 + 1);
	}
	peeks += front != back;
	mutex_unlock(&back_lock);
	mutex_unlock(&front_lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool swap_next(void)
{
	schedule_timeout_interruptible(SWAP_PERIOD - jiffies % SWAP_PERIOD);
	return !kthread_should_stop();
}

static int swap_produce_thread(void *unused)
{
	while (swap_next()) {
		swap_produce();
		if (serial)
			swap_view();
	}
	return 0;
}

static int swap_view_thread(void *unused)
{
	while (swap_next())
		swap_view();
	return 0;
}

static void swapbuf_stop(void)
{
	if (!IS_ERR_OR_NULL(viewer))
		kthread_stop(viewer);
	if (!IS_ERR_OR_NULL(producer))
		kthread_stop(producer);
}

static int __init swapbuf_init(void)
{
	if (!autostart)
		return 0;

	producer = kthread_run(swap_produce_thread, NULL, "swap-produce");
	if (IS_ERR(producer))
		goto fail;
	if (serial)
		return 0;

	viewer = kthread_run(swap_view_thread, NULL, "swap-view");
	if (IS_ERR(viewer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	swapbuf_stop();
	pr_info("%u peeks, %u retries\n", peeks, retries);
	return -ENOMEM;
}

static void __exit swapbuf_exit(void)
{
	swapbuf_stop();
	pr_info("%u peeks, %u retries\n", peeks, retries);
}

module_init(swapbuf_init);
module_exit(swapbuf_exit);

MODULE_DESCRIPTION("Double buffer");
MODULE_LICENSE("GPL");
