// SPDX-License-Identifier: GPL-2.0
/*
 * Sleeps between get_cpu() and put_cpu().
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/delay.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

static DEFINE_PER_CPU(u64, ticks);
static DEFINE_MUTEX(report_mutex);
static u64 report;
static struct dentry *ticks_file;

static void ticks_report(u64 n)
{
	mutex_lock(&report_mutex); /* want: sleep-in-atomic */
	report = n;
	mutex_unlock(&report_mutex);
}

static int ticks_set(void *data, u64 val)
{
	int cpu = get_cpu();

	per_cpu(ticks, cpu) += val;
	ticks_report(per_cpu(ticks, cpu)); /* want: sleep-in-atomic */
	put_cpu();
	return 0;
}

static int ticks_get(void *data, u64 *val)
{
	mutex_lock(&report_mutex);
	*val = report;
	mutex_unlock(&report_mutex);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ticks_fops, ticks_get, ticks_set, "%llu\n");

static int __init ticks_init(void)
{
	ticks_file = debugfs_create_file_unsafe("ticks", 0600, NULL, NULL, &ticks_fops);
	return 0;
}

static void __exit ticks_exit(void)
{
	debugfs_remove(ticks_file);
}

module_init(ticks_init);
module_exit(ticks_exit);
MODULE_LICENSE("GPL");
