// SPDX-License-Identifier: GPL-2.0
/*
 * A semaphore with four slots, two of which one job takes; a mutex keeps two
 * jobs from each holding some and waiting for more.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

static struct semaphore slots;
static DEFINE_MUTEX(alloc_mutex);

static void slots_take_two(void)
{
	mutex_lock(&alloc_mutex);
	down(&slots);
	down(&slots);
	mutex_unlock(&alloc_mutex);
}

static void slots_give_two(void)
{
	up(&slots);
	up(&slots);
}

static ssize_t slots_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	slots_take_two();
	msleep(10);
	slots_give_two();
	return len;
}

static ssize_t slots_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	if (down_interruptible(&slots))
		return -ERESTARTSYS;
	msleep(1);
	up(&slots);
	return 0;
}

static const struct file_operations slots_fops = {
	.owner	= THIS_MODULE,
	.read	= slots_read,
	.write	= slots_write,
};

static struct miscdevice slots_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "slots",
	.fops	= &slots_fops,
};

static int __init slots_init(void)
{
	sema_init(&slots, 4);
	return misc_register(&slots_misc);
}

static void __exit slots_exit(void)
{
	misc_deregister(&slots_misc);
}

module_init(slots_init);
module_exit(slots_exit);
MODULE_LICENSE("GPL");
