// SPDX-License-Identifier: GPL-2.0
/*
 * copy_to_user() under a spinlock may fault and sleep.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct trace_buf {
	spinlock_t lock;
	u32 rec[64];
	unsigned int n;
	struct cdev cdev;
};

static struct trace_buf tb;
static dev_t tb_devt;

static ssize_t tb_read(struct file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;

	spin_lock(&tb.lock);
	len = min(len, tb.n * sizeof(tb.rec[0]));
	ret = len;
	if (copy_to_user(ubuf, tb.rec, len)) /* want: sleep-in-atomic */
		ret = -EFAULT;
	else
		tb.n = 0;
	spin_unlock(&tb.lock);
	return ret;
}

static ssize_t tb_write(struct file *f, const char __user *ubuf, size_t len, loff_t *pos)
{
	u32 v;

	if (get_user(v, (const u32 __user *)ubuf))
		return -EFAULT;
	spin_lock(&tb.lock);
	if (tb.n < ARRAY_SIZE(tb.rec))
		tb.rec[tb.n++] = v;
	spin_unlock(&tb.lock);
	return len;
}

static const struct file_operations tb_fops = {
	.owner	= THIS_MODULE,
	.read	= tb_read,
	.write	= tb_write,
};

static int __init tb_init(void)
{
	int ret = alloc_chrdev_region(&tb_devt, 0, 1, "tracebuf");

	if (ret)
		return ret;
	spin_lock_init(&tb.lock);
	cdev_init(&tb.cdev, &tb_fops);
	ret = cdev_add(&tb.cdev, tb_devt, 1);
	if (ret)
		unregister_chrdev_region(tb_devt, 1);
	return ret;
}

static void __exit tb_exit(void)
{
	cdev_del(&tb.cdev);
	unregister_chrdev_region(tb_devt, 1);
}

module_init(tb_init);
module_exit(tb_exit);
MODULE_LICENSE("GPL");
