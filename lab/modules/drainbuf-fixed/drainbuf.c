// SPDX-License-Identifier: GPL-2.0
/*
 * Output buffer: the line clock takes bytes out; a change of the line's speed
 * waits until the buffer is empty.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/timer.h>
#include <linux/wait.h>

#define OUT_PERIOD	(HZ / 5)
#define OUT_TICK	(HZ / 100 + 1)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "run the line clock");

struct out_buf {
	struct mutex lock;		/* speed, queued */
	wait_queue_head_t empty;
	atomic_t queued;
	unsigned int speed;
	struct timer_list clock;
	struct task_struct *tuner;
	struct task_struct *feeder;
};

static struct out_buf out;

/* The line clock; it stands still when the other side is off. */
static void out_clock(struct timer_list *t)
{
	struct out_buf *o = container_of(t, struct out_buf, clock);

	if (serial && atomic_add_unless(&o->queued, -1, 0))
		wake_up(&o->empty);
	mod_timer(&o->clock, jiffies + OUT_TICK);
}

static void out_feed(struct out_buf *o)
{
	mutex_lock(&o->lock);
	atomic_add(2, &o->queued);
	mutex_unlock(&o->lock);
}

static void out_set_speed(struct out_buf *o, unsigned int speed)
{
	mutex_lock(&o->lock);
	atomic_inc(&o->queued);	/* the announcement */
	wait_event_interruptible_timeout(o->empty, !atomic_read(&o->queued), HZ / 10);
	o->speed = speed;
	mutex_unlock(&o->lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool out_next(void)
{
	schedule_timeout_interruptible(OUT_PERIOD - jiffies % OUT_PERIOD);
	return !kthread_should_stop();
}

static int out_tune_thread(void *data)
{
	unsigned int speed = 9600;

	while (out_next())
		out_set_speed(data, speed++);
	return 0;
}

static int out_feed_thread(void *data)
{
	while (out_next())
		out_feed(data);
	return 0;
}

static void drainbuf_stop(void)
{
	if (!IS_ERR_OR_NULL(out.feeder))
		kthread_stop(out.feeder);
	if (!IS_ERR_OR_NULL(out.tuner))
		kthread_stop(out.tuner);
}

static int __init drainbuf_init(void)
{
	mutex_init(&out.lock);
	init_waitqueue_head(&out.empty);
	timer_setup(&out.clock, out_clock, 0);
	mod_timer(&out.clock, jiffies + OUT_TICK);

	if (!autostart)
		return 0;

	out.tuner = kthread_run(out_tune_thread, &out, "out-tune");
	if (IS_ERR(out.tuner))
		goto fail;

	out.feeder = kthread_run(out_feed_thread, &out, "out-feed");
	if (IS_ERR(out.feeder))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	drainbuf_stop();
	timer_delete_sync(&out.clock);
	return -ENOMEM;
}

static void __exit drainbuf_exit(void)
{
	drainbuf_stop();
	timer_delete_sync(&out.clock);
}

module_init(drainbuf_init);
module_exit(drainbuf_exit);

MODULE_DESCRIPTION("Output buffer");
MODULE_LICENSE("GPL");
