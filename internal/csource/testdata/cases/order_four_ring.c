// SPDX-License-Identifier: GPL-2.0
/*
 * Four locks, four paths, one ring: no two paths conflict by themselves.
 */
#include <linux/module.h>
#include <linux/debugfs.h>
#include <linux/mutex.h>

struct ring4 {
	struct mutex clk;
	struct mutex pwr;
	struct mutex bus;
	struct mutex irqs;
	u32 n;
};

static struct ring4 r4;
static struct dentry *r4_dir;

static void r4_bump(struct mutex *m)
{
	lockdep_assert_held(m);
	r4.n++;
}

static int r4_enable(void *data, u64 val)
{
	mutex_lock(&r4.clk);
	mutex_lock(&r4.pwr); /* want: lock-order-inversion */
	r4_bump(&r4.pwr);
	mutex_unlock(&r4.pwr);
	mutex_unlock(&r4.clk);
	return 0;
}

static int r4_suspend(void *data, u64 val)
{
	mutex_lock(&r4.pwr);
	mutex_lock(&r4.bus); /* want: lock-order-inversion */
	r4_bump(&r4.bus);
	mutex_unlock(&r4.bus);
	mutex_unlock(&r4.pwr);
	return 0;
}

static int r4_scan(void *data, u64 val)
{
	mutex_lock(&r4.bus);
	mutex_lock(&r4.irqs); /* want: lock-order-inversion */
	r4_bump(&r4.irqs);
	mutex_unlock(&r4.irqs);
	mutex_unlock(&r4.bus);
	return 0;
}

static int r4_mask(void *data, u64 val)
{
	mutex_lock(&r4.irqs);
	mutex_lock(&r4.clk); /* want: lock-order-inversion */
	r4_bump(&r4.clk);
	mutex_unlock(&r4.clk);
	mutex_unlock(&r4.irqs);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(r4_enable_fops, NULL, r4_enable, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(r4_suspend_fops, NULL, r4_suspend, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(r4_scan_fops, NULL, r4_scan, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(r4_mask_fops, NULL, r4_mask, "%llu\n");

static int __init r4_init(void)
{
	mutex_init(&r4.clk);
	mutex_init(&r4.pwr);
	mutex_init(&r4.bus);
	mutex_init(&r4.irqs);
	r4_dir = debugfs_create_dir("ring4", NULL);
	debugfs_create_file_unsafe("enable", 0200, r4_dir, NULL, &r4_enable_fops);
	debugfs_create_file_unsafe("suspend", 0200, r4_dir, NULL, &r4_suspend_fops);
	debugfs_create_file_unsafe("scan", 0200, r4_dir, NULL, &r4_scan_fops);
	debugfs_create_file_unsafe("mask", 0200, r4_dir, NULL, &r4_mask_fops);
	return 0;
}

static void __exit r4_exit(void)
{
	debugfs_remove_recursive(r4_dir);
}

module_init(r4_init);
module_exit(r4_exit);
MODULE_LICENSE("GPL");
