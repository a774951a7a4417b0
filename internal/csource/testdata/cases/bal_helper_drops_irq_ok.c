// SPDX-License-Identifier: GPL-2.0
/*
 * A helper is called with the lock and interrupts off; it returns 0 with
 * both, or an error without: it has released them with spin_unlock_irq().
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct credit {
	spinlock_t lock;
	u32 left;
	u32 refused;
};

static struct credit credit;

static int credit_take_locked(struct credit *c, u32 n)
{
	if (c->left < n) {
		c->refused++;
		spin_unlock_irq(&c->lock);
		return -EAGAIN;
	}
	c->left -= n;
	return 0;
}

static ssize_t credit_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	int ret;

	spin_lock_irq(&credit.lock);
	ret = credit_take_locked(&credit, len);
	if (ret)
		return ret;
	credit.refused = 0;
	spin_unlock_irq(&credit.lock);
	return len;
}

static long credit_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	spin_lock_irq(&credit.lock);
	credit.left += (u32)arg;
	if (!credit_take_locked(&credit, 1))
		spin_unlock_irq(&credit.lock);
	return 0;
}

static const struct file_operations credit_fops = {
	.owner		= THIS_MODULE,
	.write		= credit_write,
	.unlocked_ioctl	= credit_ioctl,
};

static struct miscdevice credit_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "credit",
	.fops	= &credit_fops,
};

static int __init credit_init(void)
{
	spin_lock_init(&credit.lock);
	return misc_register(&credit_misc);
}

static void __exit credit_exit(void)
{
	misc_deregister(&credit_misc);
}

module_init(credit_init);
module_exit(credit_exit);
MODULE_LICENSE("GPL");
