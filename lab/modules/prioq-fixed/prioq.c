// SPDX-License-Identifier: GPL-2.0
/*
 * Priority queue: orders are placed with priority inheritance, the table of
 * customers is mostly read.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rtmutex.h>
#include <linux/rwsem.h>

#define PRIOQ_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_RT_MUTEX(order_lock);
static DECLARE_RWSEM(customer_sem);
static unsigned int orders;
static unsigned int customers = 1;
static struct task_struct *clerk;
static struct task_struct *manager;

static void prioq_order(void)
{
	rt_mutex_lock(&order_lock);
	orders++;
	msleep(settle_ms);
	down_read(&customer_sem);
	orders += customers;
	up_read(&customer_sem);
	rt_mutex_unlock(&order_lock);
}

static void prioq_add_customer(void)
{
	rt_mutex_lock(&order_lock);
	down_write(&customer_sem);
	customers++;
	msleep(settle_ms);
	orders = 0;
	up_write(&customer_sem);
	rt_mutex_unlock(&order_lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool prioq_next(void)
{
	schedule_timeout_interruptible(PRIOQ_PERIOD - jiffies % PRIOQ_PERIOD);
	return !kthread_should_stop();
}

static int prioq_clerk_thread(void *unused)
{
	while (prioq_next()) {
		prioq_order();
		if (serial)
			prioq_add_customer();
	}
	return 0;
}

static int prioq_manager_thread(void *unused)
{
	while (prioq_next())
		prioq_add_customer();
	return 0;
}

static void prioq_stop(void)
{
	if (!IS_ERR_OR_NULL(manager))
		kthread_stop(manager);
	if (!IS_ERR_OR_NULL(clerk))
		kthread_stop(clerk);
}

static int __init prioq_init(void)
{
	if (!autostart)
		return 0;

	clerk = kthread_run(prioq_clerk_thread, NULL, "prioq-clerk");
	if (IS_ERR(clerk))
		goto fail;
	if (serial)
		return 0;

	manager = kthread_run(prioq_manager_thread, NULL, "prioq-manager");
	if (IS_ERR(manager))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	prioq_stop();
	return -ENOMEM;
}

static void __exit prioq_exit(void)
{
	prioq_stop();
}

module_init(prioq_init);
module_exit(prioq_exit);

MODULE_DESCRIPTION("Priority queue");
MODULE_LICENSE("GPL");
