// SPDX-License-Identifier: GPL-2.0
/*
 * Interruptible and killable locks, whose result is asked in five ways.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct gauge {
	struct mutex lock;
	struct rw_semaphore sem;
	struct semaphore slot;
	u8 data[32];
};

static struct gauge gauge;

static ssize_t gauge_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret;

	if (down_read_killable(&gauge.sem))
		return -EINTR;
	ret = simple_read_from_buffer(buf, len, pos, gauge.data, sizeof(gauge.data));
	up_read(&gauge.sem);
	return ret;
}

static ssize_t gauge_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	int ret;

	len = min(len, sizeof(gauge.data));
	if ((ret = mutex_lock_interruptible(&gauge.lock)) != 0)
		return ret;

	ret = down_write_killable(&gauge.sem);
	if (ret < 0)
		goto out;
	if (copy_from_user(gauge.data, buf, len))
		ret = -EFAULT;
	up_write(&gauge.sem);
out:
	mutex_unlock(&gauge.lock);
	return ret ? ret : len;
}

static long gauge_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	int ret = down_interruptible(&gauge.slot);

	if (!ret) {
		ret = mutex_lock_killable(&gauge.lock);
		if (!ret) {
			gauge.data[0] = (u8)arg;
			mutex_unlock(&gauge.lock);
		}
		up(&gauge.slot);
	}
	return ret;
}

static const struct file_operations gauge_fops = {
	.owner		= THIS_MODULE,
	.read		= gauge_read,
	.write		= gauge_write,
	.unlocked_ioctl	= gauge_ioctl,
};

static struct miscdevice gauge_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "gauge",
	.fops	= &gauge_fops,
};

static int __init gauge_init(void)
{
	mutex_init(&gauge.lock);
	init_rwsem(&gauge.sem);
	sema_init(&gauge.slot, 1);
	return misc_register(&gauge_misc);
}

static void __exit gauge_exit(void)
{
	misc_deregister(&gauge_misc);
}

module_init(gauge_init);
module_exit(gauge_exit);
MODULE_LICENSE("GPL");
