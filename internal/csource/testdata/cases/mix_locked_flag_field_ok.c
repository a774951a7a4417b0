// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the lock is held is kept in a field of the request, which two
 * functions share.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct xact {
	bool locked;
	u32 arg;
};

static DEFINE_MUTEX(bank_lock);
static u32 bank;

static void xact_begin(struct xact *x)
{
	if (x->arg & 1) {
		mutex_lock(&bank_lock);
		x->locked = true;
	}
}

static void xact_end(struct xact *x)
{
	if (x->locked)
		mutex_unlock(&bank_lock);
}

static int xact_run(u32 arg)
{
	struct xact x = { .arg = arg };

	xact_begin(&x);
	bank += arg;
	xact_end(&x);
	return 0;
}

static long bank_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case _IO('B', 1):
		return xact_run((u32)arg);
	case _IO('B', 2):
		return READ_ONCE(bank);
	}
	return -ENOTTY;
}

static const struct file_operations bank_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= bank_ioctl,
};

static struct miscdevice bank_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "bank",
	.fops	= &bank_fops,
};

module_misc_device(bank_misc);
MODULE_LICENSE("GPL");
