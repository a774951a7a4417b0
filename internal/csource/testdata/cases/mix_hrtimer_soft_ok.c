// SPDX-License-Identifier: GPL-2.0
/*
 * An hrtimer in a _SOFT mode expires in softirq: _bh is enough for it. Its
 * lock is cancelled for without being held.
 */
#include <linux/module.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct pacer {
	struct hrtimer timer;
	spinlock_t lock;
	ktime_t gap;
	u32 budget;
};

static struct pacer pacer;

static enum hrtimer_restart pacer_refill(struct hrtimer *t)
{
	struct pacer *p = container_of(t, struct pacer, timer);

	spin_lock(&p->lock);
	p->budget = 64;
	hrtimer_forward_now(t, p->gap);
	spin_unlock(&p->lock);
	return HRTIMER_RESTART;
}

static ssize_t pacer_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret = len;

	spin_lock_bh(&pacer.lock);
	if (pacer.budget < len)
		ret = -EAGAIN;
	else
		pacer.budget -= len;
	spin_unlock_bh(&pacer.lock);
	return ret;
}

static long pacer_ioctl(struct file *f, unsigned int cmd, unsigned long us)
{
	hrtimer_cancel(&pacer.timer);
	spin_lock_bh(&pacer.lock);
	pacer.gap = us_to_ktime(us);
	spin_unlock_bh(&pacer.lock);
	hrtimer_start(&pacer.timer, pacer.gap, HRTIMER_MODE_REL_SOFT);
	return 0;
}

static const struct file_operations pacer_fops = {
	.owner		= THIS_MODULE,
	.write		= pacer_write,
	.unlocked_ioctl	= pacer_ioctl,
};

static struct miscdevice pacer_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "pacer",
	.fops	= &pacer_fops,
};

static int __init pacer_init(void)
{
	spin_lock_init(&pacer.lock);
	hrtimer_init(&pacer.timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_SOFT);
	pacer.timer.function = pacer_refill;
	return misc_register(&pacer_misc);
}

static void __exit pacer_exit(void)
{
	misc_deregister(&pacer_misc);
	hrtimer_cancel(&pacer.timer);
}

module_init(pacer_init);
module_exit(pacer_exit);
MODULE_LICENSE("GPL");
