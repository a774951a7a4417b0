// SPDX-License-Identifier: GPL-2.0
/*
 * Network-like receiver: a high resolution timer in hard interrupt context
 * stands for the card's interrupt. It fills a ring and counts; a worker
 * reports what was counted.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/version.h>

#define RX_PERIOD	(HZ / 5)
#define RX_INTERVAL	(5 * NSEC_PER_MSEC)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "keep the card quiet while a report is made");

static unsigned int settle_ms = 20;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_SPINLOCK(ring_lock);
static DEFINE_SPINLOCK(stat_lock);
static unsigned int ring_head;
static unsigned long packets;
static unsigned long reports;
static struct hrtimer card;
static struct task_struct *reporter;

static enum hrtimer_restart rx_interrupt(struct hrtimer *t)
{
	spin_lock(&ring_lock);
	ring_head++;
	spin_lock(&stat_lock);
	packets++;
	spin_unlock(&stat_lock);
	spin_unlock(&ring_lock);

	hrtimer_forward_now(t, ns_to_ktime(RX_INTERVAL));
	return HRTIMER_RESTART;
}

static void rx_report(void)
{
	unsigned long flags;

	spin_lock_irqsave(&stat_lock, flags);
	reports++;
	mdelay(settle_ms);	/* the console is slow */
	pr_debug("%lu packets\n", packets);
	spin_unlock_irqrestore(&stat_lock, flags);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool rx_next(void)
{
	schedule_timeout_interruptible(RX_PERIOD - jiffies % RX_PERIOD);
	return !kthread_should_stop();
}

static int rx_report_thread(void *unused)
{
	hrtimer_start(&card, ns_to_ktime(RX_INTERVAL), HRTIMER_MODE_REL_PINNED_HARD);
	while (rx_next()) {
		if (serial)
			hrtimer_cancel(&card);
		rx_report();
		if (serial)
			hrtimer_start(&card, ns_to_ktime(RX_INTERVAL), HRTIMER_MODE_REL_PINNED_HARD);
	}
	return 0;
}

static void rx_card_init(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
	hrtimer_setup(&card, rx_interrupt, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(&card, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	card.function = rx_interrupt;
#endif
}

static void irqstat_stop(void)
{
	if (!IS_ERR_OR_NULL(reporter))
		kthread_stop(reporter);
}

static int __init irqstat_init(void)
{
	rx_card_init();

	if (!autostart)
		return 0;

	reporter = kthread_run_on_cpu(rx_report_thread, NULL, cpumask_last(cpu_online_mask), "rx-report/%u");
	if (IS_ERR(reporter))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	irqstat_stop();
	hrtimer_cancel(&card);
	pr_info("%u received, %lu reports\n", ring_head, reports);
	return -ENOMEM;
}

static void __exit irqstat_exit(void)
{
	irqstat_stop();
	hrtimer_cancel(&card);
	pr_info("%u received, %lu reports\n", ring_head, reports);
}

module_init(irqstat_init);
module_exit(irqstat_exit);

MODULE_DESCRIPTION("Receiver with counters");
MODULE_LICENSE("GPL");
