// SPDX-License-Identifier: GPL-2.0
/*
 * Receive queue: a timer takes packets from the line, a worker empties the
 * queue. Both run on the processor that the line is bound to.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#define QUEUE_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "keep the line quiet while the queue is emptied");

static unsigned int settle_ms = 60;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct rx_queue {
	spinlock_t lock;		/* length, taken */
	unsigned int length;
	unsigned long taken;
	struct timer_list line;
	struct task_struct *drainer;
};

static struct rx_queue *queue;

static void queue_receive(struct timer_list *t)
{
	struct rx_queue *q = container_of(t, struct rx_queue, line);

	spin_lock(&q->lock);
	q->length++;
	spin_unlock(&q->lock);
}

static void queue_listen(struct rx_queue *q)
{
	q->line.expires = jiffies + msecs_to_jiffies(settle_ms / 2);
	add_timer_on(&q->line, raw_smp_processor_id());
}

/* The card copies. */
static void queue_settle(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(settle_ms);

	while (time_before(jiffies, end))
		cpu_relax();
}

static void queue_drain(struct rx_queue *q)
{
	spin_lock_bh(&q->lock);
	q->taken += q->length;
	q->length = 0;
	queue_settle();
	spin_unlock_bh(&q->lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool queue_next(void)
{
	schedule_timeout_interruptible(QUEUE_PERIOD - jiffies % QUEUE_PERIOD);
	return !kthread_should_stop();
}

static int queue_drain_thread(void *data)
{
	struct rx_queue *q = data;

	while (queue_next()) {
		queue_listen(q);
		if (serial)
			msleep(2 * settle_ms);
		queue_drain(q);
		timer_delete_sync(&q->line);
	}
	return 0;
}

static void rxqueue_stop(void)
{
	if (!IS_ERR_OR_NULL(queue->drainer))
		kthread_stop(queue->drainer);
}

static int __init rxqueue_init(void)
{
	queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue)
		return -ENOMEM;
	spin_lock_init(&queue->lock);
	timer_setup(&queue->line, queue_receive, TIMER_PINNED);

	if (!autostart)
		return 0;

	queue->drainer = kthread_run_on_cpu(queue_drain_thread, queue, cpumask_last(cpu_online_mask), "queue-drain/%u");
	if (IS_ERR(queue->drainer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	rxqueue_stop();
	timer_delete_sync(&queue->line);
	kfree(queue);
	return -ENOMEM;
}

static void __exit rxqueue_exit(void)
{
	rxqueue_stop();
	timer_delete_sync(&queue->line);
	kfree(queue);
}

module_init(rxqueue_init);
module_exit(rxqueue_exit);

MODULE_DESCRIPTION("Receive queue");
MODULE_LICENSE("GPL");
