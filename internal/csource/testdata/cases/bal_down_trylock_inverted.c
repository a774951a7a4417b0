// SPDX-License-Identifier: GPL-2.0
/*
 * down_trylock() returns 0 when it got the semaphore: this driver believes
 * the opposite, so it returns -EBUSY with it and goes on without it.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct tape {
	struct semaphore busy;
	u32 position;
	struct cdev cdev;
};

static struct tape tape;
static dev_t tape_devt;

static long tape_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (!down_trylock(&tape.busy))
		return -EBUSY; /* want: missing-unlock|unlock-not-held */

	tape.position = (u32)arg;
	up(&tape.busy); /* want: missing-unlock|unlock-not-held */
	return 0;
}

static const struct file_operations tape_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= tape_ioctl,
};

static int __init tape_init(void)
{
	int ret = alloc_chrdev_region(&tape_devt, 0, 1, "tape");

	if (ret)
		return ret;
	sema_init(&tape.busy, 1);
	cdev_init(&tape.cdev, &tape_fops);
	ret = cdev_add(&tape.cdev, tape_devt, 1);
	if (ret)
		unregister_chrdev_region(tape_devt, 1);
	return ret;
}

static void __exit tape_exit(void)
{
	cdev_del(&tape.cdev);
	unregister_chrdev_region(tape_devt, 1);
}

module_init(tape_init);
module_exit(tape_exit);
MODULE_LICENSE("GPL");
