// SPDX-License-Identifier: GPL-2.0
/*
 * cancel_work_sync() under the mutex that the work takes.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct upl {
	struct mutex lock;
	struct work_struct work;
	u32 queued;
	u32 sent;
};

static struct upl upl;

static void upl_work(struct work_struct *work)
{
	struct upl *u = container_of(work, struct upl, work);

	mutex_lock(&u->lock); /* want: wait-under-lock */
	u->sent += u->queued;
	u->queued = 0;
	mutex_unlock(&u->lock);
}

static ssize_t upl_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	mutex_lock(&upl.lock);
	upl.queued += len;
	mutex_unlock(&upl.lock);
	schedule_work(&upl.work);
	return len;
}

static long upl_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (cmd != _IO('u', 9))
		return -ENOTTY;
	mutex_lock(&upl.lock);
	cancel_work_sync(&upl.work); /* want: wait-under-lock */
	upl.queued = 0;
	mutex_unlock(&upl.lock);
	return 0;
}

static const struct file_operations upl_fops = {
	.owner		= THIS_MODULE,
	.write		= upl_write,
	.unlocked_ioctl	= upl_ioctl,
};

static struct miscdevice upl_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "upl",
	.fops	= &upl_fops,
};

static int __init upl_init(void)
{
	mutex_init(&upl.lock);
	INIT_WORK(&upl.work, upl_work);
	return misc_register(&upl_misc);
}

static void __exit upl_exit(void)
{
	misc_deregister(&upl_misc);
	cancel_work_sync(&upl.work);
}

module_init(upl_init);
module_exit(upl_exit);
MODULE_LICENSE("GPL");
