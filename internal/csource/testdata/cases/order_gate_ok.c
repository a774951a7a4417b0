// SPDX-License-Identifier: GPL-2.0
/*
 * Both orders of a and b exist, but each under the same global mutex.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

static DEFINE_MUTEX(xfer_gate);
static DEFINE_SPINLOCK(src_lock);
static DEFINE_SPINLOCK(dst_lock);
static u32 src, dst;
static struct dentry *xfer_file;

static void xfer_forward(u32 n)
{
	spin_lock(&src_lock);
	spin_lock(&dst_lock);
	src -= n;
	dst += n;
	spin_unlock(&dst_lock);
	spin_unlock(&src_lock);
}

static void xfer_back(u32 n)
{
	spin_lock(&dst_lock);
	spin_lock(&src_lock);
	dst -= n;
	src += n;
	spin_unlock(&src_lock);
	spin_unlock(&dst_lock);
}

static int xfer_set(void *data, u64 val)
{
	int ret = mutex_lock_killable(&xfer_gate);

	if (ret)
		return ret;
	if (val & 1)
		xfer_forward((u32)val);
	else
		xfer_back((u32)val);
	mutex_unlock(&xfer_gate);
	return 0;
}

static int xfer_get(void *data, u64 *val)
{
	spin_lock(&dst_lock);
	*val = dst;
	spin_unlock(&dst_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(xfer_fops, xfer_get, xfer_set, "%llu\n");

static int __init xfer_init(void)
{
	xfer_file = debugfs_create_file_unsafe("xfer", 0600, NULL, NULL, &xfer_fops);
	return 0;
}

static void __exit xfer_exit(void)
{
	debugfs_remove(xfer_file);
}

module_init(xfer_init);
module_exit(xfer_exit);
MODULE_LICENSE("GPL");
