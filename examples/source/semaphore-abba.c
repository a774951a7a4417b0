// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads, two semaphores, opposite orders: each ends up with one and
 * waits for the other. lockdep does not see this, because a semaphore has no
 * owner; nothing is printed until the hung task detector speaks.
 *
 * Bug: semaphore_abba_scan() takes bus_sem, then stats_sem;
 *      semaphore_abba_report() takes stats_sem, then bus_sem.
 * Cure: semaphore-abba-fixed.c
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/version.h>

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

/* One round on the bus, counted at its end. */
static void semaphore_abba_scan(void)
{
	down(&bus_sem);
	msleep(1);		/* the bus is slow; also makes the window wide */

	down(&stats_sem);
	devices_seen++;
	up(&stats_sem);

	up(&bus_sem);
}

/* The counters must not move while they are sent over the bus. */
static void semaphore_abba_report(void)
{
	down(&stats_sem);
	msleep(1);

	down(&bus_sem);
	reports++;
	up(&bus_sem);

	up(&stats_sem);
}

static int scanner_thread(void *unused)
{
	while (!kthread_should_stop()) {
		semaphore_abba_scan();
		msleep(10);
	}
	return 0;
}

static int reporter_thread(void *unused)
{
	while (!kthread_should_stop()) {
		semaphore_abba_report();
		msleep(10);
	}
	return 0;
}

static int __init semaphore_abba_init(void)
{
	scanner = kthread_run(scanner_thread, NULL, "abba-scan");
	if (IS_ERR(scanner))
		return PTR_ERR(scanner);

	reporter = kthread_run(reporter_thread, NULL, "abba-report");
	if (IS_ERR(reporter)) {
		kthread_stop(scanner);
		return PTR_ERR(reporter);
	}
	return 0;
}

/* Hangs as well, once the threads do: they never look at the stop flag. */
static void __exit semaphore_abba_exit(void)
{
	kthread_stop(reporter);
	kthread_stop(scanner);
	pr_info("%lu devices, %lu reports\n", devices_seen, reports);
}

module_init(semaphore_abba_init);
module_exit(semaphore_abba_exit);

MODULE_DESCRIPTION("Two semaphores in opposite orders");
MODULE_LICENSE("GPL");
