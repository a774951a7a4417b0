// SPDX-License-Identifier: GPL-2.0
/*
 * Taken for reading, released as a writer.
 */
#include <linux/module.h>
#include <linux/rwlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

static DEFINE_RWLOCK(tune_lock);
static u32 tune[4];

static long tune_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	u32 v = 0;
	int i;

	if (cmd == _IO('t', 0)) {
		write_lock(&tune_lock);
		tune[arg % ARRAY_SIZE(tune)] = (u32)arg;
		write_unlock(&tune_lock);
		return 0;
	}

	read_lock(&tune_lock);
	for (i = 0; i < ARRAY_SIZE(tune); i++)
		v += tune[i];
	write_unlock(&tune_lock); /* want: unlock-not-held|missing-unlock */
	return v & 0x7fffffff;
}

static const struct file_operations tune_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= tune_ioctl,
};

static struct miscdevice tune_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tune",
	.fops	= &tune_fops,
};

module_misc_device(tune_misc);
MODULE_LICENSE("GPL");
