// SPDX-License-Identifier: GPL-2.0
/*
 * semaphore-abba.c with one order: bus_sem, then stats_sem, in every path.
 *
 * The report wants the counters first, but nothing forces it to hold
 * stats_sem before bus_sem: it takes the bus early instead.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/version.h>

/* Order: bus_sem before stats_sem. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
static DEFINE_SEMAPHORE(bus_sem, 1);
static DEFINE_SEMAPHORE(stats_sem, 1);
#else
static DEFINE_SEMAPHORE(bus_sem);
static DEFINE_SEMAPHORE(stats_sem);
#endif

static struct task_struct *scanner;
static struct task_struct *reporter;
static unsigned long devices_seen;
static unsigned long reports;

static void semaphore_fixed_scan(void)
{
	down(&bus_sem);
	msleep(1);

	down(&stats_sem);
	devices_seen++;
	up(&stats_sem);

	up(&bus_sem);
}

static void semaphore_fixed_report(void)
{
	down(&bus_sem);
	down(&stats_sem);
	msleep(1);
	reports++;
	up(&stats_sem);
	up(&bus_sem);
}

static int scanner_thread(void *unused)
{
	while (!kthread_should_stop()) {
		semaphore_fixed_scan();
		msleep(10);
	}
	return 0;
}

static int reporter_thread(void *unused)
{
	while (!kthread_should_stop()) {
		semaphore_fixed_report();
		msleep(10);
	}
	return 0;
}

static int __init semaphore_fixed_init(void)
{
	scanner = kthread_run(scanner_thread, NULL, "fixed-scan");
	if (IS_ERR(scanner))
		return PTR_ERR(scanner);

	reporter = kthread_run(reporter_thread, NULL, "fixed-report");
	if (IS_ERR(reporter)) {
		kthread_stop(scanner);
		return PTR_ERR(reporter);
	}
	return 0;
}

static void __exit semaphore_fixed_exit(void)
{
	kthread_stop(reporter);
	kthread_stop(scanner);
	pr_info("%lu devices, %lu reports\n", devices_seen, reports);
}

module_init(semaphore_fixed_init);
module_exit(semaphore_fixed_exit);

MODULE_DESCRIPTION("Two semaphores in one order");
MODULE_LICENSE("GPL");
