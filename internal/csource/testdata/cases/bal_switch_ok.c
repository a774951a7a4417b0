// SPDX-License-Identifier: GPL-2.0
/*
 * A switch whose cases lock, fall through and leave in different ways.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

enum { MOD_RESET, MOD_FLUSH, MOD_READ, MOD_PEEK };

struct modem {
	struct mutex lock;
	u32 rx;
	u32 tx;
};

static struct modem modem;

static long modem_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	long ret = 0;

	switch (cmd) {
	case MOD_RESET:
	case MOD_FLUSH:
		mutex_lock(&modem.lock);
		break;
	case MOD_READ:
		if (mutex_lock_interruptible(&modem.lock))
			return -ERESTARTSYS;
		break;
	case MOD_PEEK:
		return READ_ONCE(modem.rx);
	default:
		return -ENOTTY;
	}

	switch (cmd) {
	case MOD_RESET:
		modem.tx = 0;
		fallthrough;
	case MOD_FLUSH:
		modem.rx = 0;
		break;
	case MOD_READ:
		if (!modem.rx) {
			ret = -EAGAIN;
			break;
		}
		ret = modem.rx--;
		break;
	}
	mutex_unlock(&modem.lock);
	return ret;
}

static const struct file_operations modem_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= modem_ioctl,
};

static struct miscdevice modem_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "modemx",
	.fops	= &modem_fops,
};

static int __init modem_init(void)
{
	mutex_init(&modem.lock);
	return misc_register(&modem_misc);
}

static void __exit modem_exit(void)
{
	misc_deregister(&modem_misc);
}

module_init(modem_init);
module_exit(modem_exit);
MODULE_LICENSE("GPL");
