// SPDX-License-Identifier: GPL-2.0
/*
 * Two ports of a switch, each with its own table and processor. A learned
 * address goes into the port's own table and then into the other one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/spinlock.h>

#define PORT_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 60;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_SPINLOCK(east_lock);
static DEFINE_SPINLOCK(west_lock);
static unsigned int east_entries;
static unsigned int west_entries;
static struct task_struct *east;
static struct task_struct *west;

/* The table is busy while it is searched. */
static void port_settle(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(settle_ms);

	while (time_before(jiffies, end))
		cpu_relax();
}

static void port_learn_east(void)
{
	spin_lock(&east_lock);
	east_entries++;
	port_settle();
	spin_lock(&west_lock);
	west_entries++;
	spin_unlock(&west_lock);
	spin_unlock(&east_lock);
}

static void port_learn_west(void)
{
	spin_lock(&west_lock);
	west_entries++;
	port_settle();
	spin_lock(&east_lock);
	east_entries++;
	spin_unlock(&east_lock);
	spin_unlock(&west_lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool port_next(void)
{
	schedule_timeout_interruptible(PORT_PERIOD - jiffies % PORT_PERIOD);
	return !kthread_should_stop();
}

static int port_east_thread(void *unused)
{
	while (port_next()) {
		port_learn_east();
		if (serial)
			port_learn_west();
	}
	return 0;
}

static int port_west_thread(void *unused)
{
	while (port_next())
		port_learn_west();
	return 0;
}

static void dualspin_stop(void)
{
	if (!IS_ERR_OR_NULL(west))
		kthread_stop(west);
	if (!IS_ERR_OR_NULL(east))
		kthread_stop(east);
}

static int __init dualspin_init(void)
{
	if (num_online_cpus() < 2)
		return -ENODEV;

	if (!autostart)
		return 0;

	east = kthread_run_on_cpu(port_east_thread, NULL, cpumask_first(cpu_online_mask), "port-east/%u");
	if (IS_ERR(east))
		goto fail;
	if (serial)
		return 0;

	west = kthread_run_on_cpu(port_west_thread, NULL, cpumask_last(cpu_online_mask), "port-west/%u");
	if (IS_ERR(west))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	dualspin_stop();
	pr_info("%u east, %u west\n", east_entries, west_entries);
	return -ENOMEM;
}

static void __exit dualspin_exit(void)
{
	dualspin_stop();
	pr_info("%u east, %u west\n", east_entries, west_entries);
}

module_init(dualspin_init);
module_exit(dualspin_exit);

MODULE_DESCRIPTION("Two ports of a switch");
MODULE_LICENSE("GPL");
