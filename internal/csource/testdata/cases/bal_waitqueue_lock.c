// SPDX-License-Identifier: GPL-2.0
/*
 * The lock of a wait queue used as the queue's own: a helper waits with it,
 * and on failure returns without it; one caller releases it all the same.
 */
#include <linux/module.h>
#include <linux/wait.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct evq {
	wait_queue_head_t wq;
	u32 ev[8];
	unsigned int count;
};

static struct evq evq;

/* Called with wq.lock held; holds it only if it returns 0. */
static int evq_wait(struct evq *q)
{
	int ret;

	ret = wait_event_interruptible_exclusive_locked_irq(q->wq, q->count);
	if (ret) {
		spin_unlock_irq(&q->wq.lock);
		return -EINTR;
	}
	return 0;
}

static ssize_t evq_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	u32 ev;
	int ret;

	spin_lock_irq(&evq.wq.lock);
	ret = evq_wait(&evq);
	if (ret)
		goto out;
	ev = evq.ev[--evq.count];
out:
	spin_unlock_irq(&evq.wq.lock); /* want: unlock-not-held */
	if (ret)
		return ret; /* may: irq-flags-misuse */
	return put_user(ev, (u32 __user *)buf) ? -EFAULT : sizeof(ev);
}

static ssize_t evq_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	spin_lock_irq(&evq.wq.lock);
	if (evq.count < ARRAY_SIZE(evq.ev))
		evq.ev[evq.count++] = len;
	wake_up_locked(&evq.wq);
	spin_unlock_irq(&evq.wq.lock);
	return len;
}

static const struct file_operations evq_fops = {
	.owner	= THIS_MODULE,
	.read	= evq_read,
	.write	= evq_write,
};

static struct miscdevice evq_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "evq",
	.fops	= &evq_fops,
};

static int __init evq_init(void)
{
	init_waitqueue_head(&evq.wq);
	return misc_register(&evq_misc);
}

static void __exit evq_exit(void)
{
	misc_deregister(&evq_misc);
}

module_init(evq_init);
module_exit(evq_exit);
MODULE_LICENSE("GPL");
