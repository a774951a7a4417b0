// SPDX-License-Identifier: GPL-2.0
/*
 * Two mutexes of one device, write() against ioctl().
 */
#include <linux/module.h>
#include <linux/miscdevice.h>
#include <linux/mutex.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#define LCDC_SET_CONTRAST	_IOW('l', 1, int)

struct lcdc {
	struct mutex bus_lock;
	struct mutex state_lock;
	u8 line[80];
	int contrast;
	bool on;
};

static struct lcdc lcdc;

static ssize_t lcdc_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret = len;

	if (len > sizeof(lcdc.line))
		return -EINVAL;

	mutex_lock(&lcdc.bus_lock);
	if (copy_from_user(lcdc.line, ubuf, len)) {
		ret = -EFAULT;
		goto out;
	}
	mutex_lock(&lcdc.state_lock); /* want: lock-order-inversion */
	lcdc.on = true;
	mutex_unlock(&lcdc.state_lock);
out:
	mutex_unlock(&lcdc.bus_lock);
	return ret;
}

static long lcdc_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != LCDC_SET_CONTRAST)
		return -ENOTTY;

	mutex_lock(&lcdc.state_lock);
	if (lcdc.on) {
		mutex_lock(&lcdc.bus_lock); /* want: lock-order-inversion */
		lcdc.line[0] = (u8)arg;
		mutex_unlock(&lcdc.bus_lock);
	}
	lcdc.contrast = (int)arg;
	mutex_unlock(&lcdc.state_lock);
	return 0;
}

static const struct file_operations lcdc_fops = {
	.owner		= THIS_MODULE,
	.write		= lcdc_write,
	.unlocked_ioctl	= lcdc_ioctl,
};

static struct miscdevice lcdc_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "lcdc",
	.fops	= &lcdc_fops,
};

static int __init lcdc_init(void)
{
	mutex_init(&lcdc.bus_lock);
	mutex_init(&lcdc.state_lock);
	return misc_register(&lcdc_misc);
}

static void __exit lcdc_exit(void)
{
	misc_deregister(&lcdc_misc);
}

module_init(lcdc_init);
module_exit(lcdc_exit);
MODULE_LICENSE("GPL");
