// SPDX-License-Identifier: GPL-2.0
/*
 * One opener at a time: open() takes the semaphore, release() gives it back.
 * The failure after it is undone.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

static struct semaphore only_one;

static int single_use_open(struct inode *inode, struct file *file)
{
	u8 *buf;

	if (file->f_flags & O_NONBLOCK) {
		if (down_trylock(&only_one))
			return -EBUSY;
	} else if (down_interruptible(&only_one)) {
		return -ERESTARTSYS;
	}

	buf = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!buf) {
		up(&only_one);
		return -ENOMEM;
	}
	file->private_data = buf;
	return 0;
}

static int single_use_release(struct inode *inode, struct file *file)
{
	kfree(file->private_data);
	up(&only_one);
	return 0;
}

static ssize_t single_use_read(struct file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	return simple_read_from_buffer(ubuf, len, pos, f->private_data, PAGE_SIZE);
}

static const struct file_operations single_use_fops = {
	.owner		= THIS_MODULE,
	.open		= single_use_open,
	.read		= single_use_read,
	.release	= single_use_release,
};

static struct miscdevice single_use_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "single_use",
	.fops	= &single_use_fops,
};

static int __init single_use_init(void)
{
	sema_init(&only_one, 1);
	return misc_register(&single_use_misc);
}

static void __exit single_use_exit(void)
{
	misc_deregister(&single_use_misc);
}

module_init(single_use_init);
module_exit(single_use_exit);
MODULE_LICENSE("GPL");
