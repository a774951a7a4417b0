// SPDX-License-Identifier: GPL-2.0
/*
 * A timer and a file operation share a lock; the file operation leaves
 * softirqs on.
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct beep {
	spinlock_t lock;
	struct timer_list timer;
	u32 freq;
	u32 left;
};

static struct beep beep;

static void beep_tick(struct timer_list *t)
{
	struct beep *b = from_timer(b, t, timer);

	spin_lock(&b->lock); /* want: irq-unsafe-lock */
	if (b->left && --b->left)
		mod_timer(&b->timer, jiffies + HZ / 10);
	spin_unlock(&b->lock);
}

static void beep_start(struct beep *b, u32 freq, u32 len)
{
	spin_lock(&b->lock); /* want: irq-unsafe-lock */
	b->freq = freq;
	b->left = len;
	spin_unlock(&b->lock);
	mod_timer(&b->timer, jiffies + HZ / 10);
}

static long beep_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (cmd != _IO('b', 1))
		return -ENOTTY;
	beep_start(&beep, arg & 0xffff, arg >> 16);
	return 0;
}

static const struct file_operations beep_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= beep_ioctl,
};

static struct miscdevice beep_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "beep",
	.fops	= &beep_fops,
};

static int __init beep_init(void)
{
	spin_lock_init(&beep.lock);
	timer_setup(&beep.timer, beep_tick, 0);
	return misc_register(&beep_misc);
}

static void __exit beep_exit(void)
{
	misc_deregister(&beep_misc);
	del_timer_sync(&beep.timer);
}

module_init(beep_init);
module_exit(beep_exit);
MODULE_LICENSE("GPL");
