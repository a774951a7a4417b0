// SPDX-License-Identifier: GPL-2.0
/*
 * The wrapper fails with the lock held; its callers believe that a failure
 * means they do not hold it.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct knob {
	struct mutex lock;
	bool unplugged;
	int pos;
};

static struct knob knob;

static int knob_lock(struct knob *k)
{
	int ret = mutex_lock_interruptible(&k->lock);

	if (ret)
		return ret;
	if (k->unplugged)
		return -ENODEV; /* want: missing-unlock */
	return 0;
}

static long knob_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	int ret = knob_lock(&knob);

	if (ret)
		return ret; /* want: missing-unlock */
	knob.pos = (int)arg;
	mutex_unlock(&knob.lock);
	return 0;
}

static int knob_release(struct inode *inode, struct file *file)
{
	mutex_lock(&knob.lock);
	knob.pos = 0;
	mutex_unlock(&knob.lock);
	return 0;
}

static const struct file_operations knob_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= knob_ioctl,
	.release	= knob_release,
};

static struct miscdevice knob_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "knob",
	.fops	= &knob_fops,
};

static int __init knob_init(void)
{
	mutex_init(&knob.lock);
	return misc_register(&knob_misc);
}

static void __exit knob_exit(void)
{
	misc_deregister(&knob_misc);
}

module_init(knob_init);
module_exit(knob_exit);
MODULE_LICENSE("GPL");
