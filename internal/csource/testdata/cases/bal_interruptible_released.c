// SPDX-License-Identifier: GPL-2.0
/*
 * The path of an interrupted lock goes to the label that unlocks.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/tty.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct vfd {
	struct mutex lock;
	char text[40];
};

static struct vfd vfd;

static ssize_t vfd_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;

	if (len > sizeof(vfd.text))
		return -EINVAL;

	ret = mutex_lock_interruptible(&vfd.lock);
	if (ret)
		goto out;

	ret = len;
	if (copy_from_user(vfd.text, ubuf, len))
		ret = -EFAULT;
out:
	mutex_unlock(&vfd.lock); /* want: unlock-not-held */
	return ret;
}

static const struct file_operations vfd_fops = {
	.owner	= THIS_MODULE,
	.write	= vfd_write,
};

static struct miscdevice vfd_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "vfd",
	.fops	= &vfd_fops,
};

static int __init vfd_init(void)
{
	mutex_init(&vfd.lock);
	return misc_register(&vfd_misc);
}

static void __exit vfd_exit(void)
{
	misc_deregister(&vfd_misc);
}

module_init(vfd_init);
module_exit(vfd_exit);
MODULE_LICENSE("GPL");
