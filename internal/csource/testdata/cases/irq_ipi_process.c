// SPDX-License-Identifier: GPL-2.0
/*
 * The function of an inter-processor interrupt takes a lock that the caller's
 * CPU may hold with interrupts on.
 */
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

static DEFINE_SPINLOCK(snap_lock);
static u64 snap_sum;
static u64 snap_runs;
static struct dentry *snap_file;

static void snap_cpu(void *info)
{
	spin_lock(&snap_lock); /* want: irq-unsafe-lock */
	snap_sum += smp_processor_id();
	spin_unlock(&snap_lock);
}

static int snap_set(void *data, u64 val)
{
	spin_lock(&snap_lock); /* want: irq-unsafe-lock */
	snap_runs++;
	snap_sum = 0;
	spin_unlock(&snap_lock);
	smp_call_function(snap_cpu, NULL, 1);
	return 0;
}

static int snap_get(void *data, u64 *val)
{
	unsigned long flags;

	spin_lock_irqsave(&snap_lock, flags);
	*val = snap_sum;
	spin_unlock_irqrestore(&snap_lock, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(snap_fops, snap_get, snap_set, "%llu\n");

static int __init snap_init(void)
{
	snap_file = debugfs_create_file_unsafe("snap", 0600, NULL, NULL, &snap_fops);
	return 0;
}

static void __exit snap_exit(void)
{
	debugfs_remove(snap_file);
}

module_init(snap_init);
module_exit(snap_exit);
MODULE_LICENSE("GPL");
