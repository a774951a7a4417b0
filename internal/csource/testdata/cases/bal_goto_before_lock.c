// SPDX-License-Identifier: GPL-2.0
/*
 * A check before the lock is taken jumps to the label that releases it.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

#define SERVO_MAX	1800

struct servo {
	struct mutex lock;
	int angle;
	bool enabled;
};

static struct servo servo;

static long servo_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	long ret = 0;

	if (arg > SERVO_MAX) {
		ret = -ERANGE;
		goto out;
	}

	mutex_lock(&servo.lock);
	switch (cmd) {
	case _IO('s', 1):
		servo.angle = arg;
		break;
	case _IO('s', 2):
		servo.enabled = arg;
		break;
	default:
		ret = -ENOTTY;
	}
out:
	mutex_unlock(&servo.lock); /* want: unlock-not-held */
	return ret;
}

static const struct file_operations servo_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= servo_ioctl,
};

static struct miscdevice servo_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "servo",
	.fops	= &servo_fops,
};

static int __init servo_init(void)
{
	mutex_init(&servo.lock);
	return misc_register(&servo_misc);
}

static void __exit servo_exit(void)
{
	misc_deregister(&servo_misc);
}

module_init(servo_init);
module_exit(servo_exit);
MODULE_LICENSE("GPL");
