// SPDX-License-Identifier: GPL-2.0
/*
 * Two mutexes of one device. The ioctl leaves state_lock before it takes
 * bus_lock, so bus_lock -> state_lock is the only order.
 */
#include <linux/module.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct lcdk {
	struct mutex bus_lock;
	struct mutex state_lock;
	u8 line[80];
	int contrast;
	bool on;
};

static struct lcdk lcdk;

static ssize_t lcdk_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret = len;

	if (len > sizeof(lcdk.line))
		return -EINVAL;

	mutex_lock(&lcdk.bus_lock);
	if (copy_from_user(lcdk.line, ubuf, len)) {
		ret = -EFAULT;
		goto out;
	}
	mutex_lock(&lcdk.state_lock);
	lcdk.on = true;
	mutex_unlock(&lcdk.state_lock);
out:
	mutex_unlock(&lcdk.bus_lock);
	return ret;
}

static long lcdk_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	bool on;

	mutex_lock(&lcdk.state_lock);
	on = lcdk.on;
	if (on) {
		mutex_unlock(&lcdk.state_lock);
		mutex_lock(&lcdk.bus_lock);
		lcdk.line[0] = (u8)arg;
		mutex_unlock(&lcdk.bus_lock);
		mutex_lock(&lcdk.state_lock);
	}
	lcdk.contrast = (int)arg;
	mutex_unlock(&lcdk.state_lock);
	return 0;
}

static const struct file_operations lcdk_fops = {
	.owner		= THIS_MODULE,
	.write		= lcdk_write,
	.unlocked_ioctl	= lcdk_ioctl,
};

static struct miscdevice lcdk_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "lcdk",
	.fops	= &lcdk_fops,
};

static int __init lcdk_init(void)
{
	mutex_init(&lcdk.bus_lock);
	mutex_init(&lcdk.state_lock);
	return misc_register(&lcdk_misc);
}

static void __exit lcdk_exit(void)
{
	misc_deregister(&lcdk_misc);
}

module_init(lcdk_init);
module_exit(lcdk_exit);
MODULE_LICENSE("GPL");
