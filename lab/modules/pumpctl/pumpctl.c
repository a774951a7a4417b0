// SPDX-License-Identifier: GPL-2.0
/*
 * Dosing pump: a valve and a flow gauge on one board. One worker doses, the
 * other writes the journal; each needs the valve and the gauge for a moment.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>

#define PUMP_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static struct semaphore valve_sem;
static struct semaphore gauge_sem;
static struct task_struct *doser;
static struct task_struct *journal;
static unsigned long doses;
static unsigned long entries;

static void pump_dose(void)
{
	down(&valve_sem);
	msleep(settle_ms);	/* the valve opens slowly */

	down(&gauge_sem);
	doses++;
	up(&gauge_sem);

	up(&valve_sem);
}

static void pump_journal(void)
{
	down(&gauge_sem);
	msleep(settle_ms);	/* the gauge averages */

	down(&valve_sem);
	entries++;
	up(&valve_sem);

	up(&gauge_sem);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool pump_next(void)
{
	schedule_timeout_interruptible(PUMP_PERIOD - jiffies % PUMP_PERIOD);
	return !kthread_should_stop();
}

static int pump_dose_thread(void *unused)
{
	while (pump_next()) {
		pump_dose();
		if (serial)
			pump_journal();
	}
	return 0;
}

static int pump_journal_thread(void *unused)
{
	while (pump_next())
		pump_journal();
	return 0;
}

static void pumpctl_stop(void)
{
	if (!IS_ERR_OR_NULL(journal))
		kthread_stop(journal);
	if (!IS_ERR_OR_NULL(doser))
		kthread_stop(doser);
}

static int __init pumpctl_init(void)
{
	sema_init(&valve_sem, 1);
	sema_init(&gauge_sem, 1);
	if (!autostart)
		return 0;

	doser = kthread_run(pump_dose_thread, NULL, "pump-dose");
	if (IS_ERR(doser))
		goto fail;
	if (serial)
		return 0;

	journal = kthread_run(pump_journal_thread, NULL, "pump-journal");
	if (IS_ERR(journal))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	pumpctl_stop();
	pr_info("%lu doses, %lu entries\n", doses, entries);
	return -ENOMEM;
}

static void __exit pumpctl_exit(void)
{
	pumpctl_stop();
	pr_info("%lu doses, %lu entries\n", doses, entries);
}

module_init(pumpctl_init);
module_exit(pumpctl_exit);

MODULE_DESCRIPTION("Dosing pump controller");
MODULE_LICENSE("GPL");
