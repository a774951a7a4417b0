// SPDX-License-Identifier: GPL-2.0
/*
 * Waits with the lock dropped, in the usual ways: by hand in a loop, by
 * wait_event_cmd(), by wait_event_lock_irq(), by swapping lock and wait.
 */
#include <linux/module.h>
#include <linux/wait.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/sched/signal.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct counterq {
	struct mutex lock;
	spinlock_t slock;
	wait_queue_head_t wait;
	int avail;
};

static struct counterq cq;

static int cq_take_loop(struct counterq *q)
{
	mutex_lock(&q->lock);
	while (!q->avail) {
		mutex_unlock(&q->lock);
		if (wait_event_interruptible(q->wait, READ_ONCE(q->avail)))
			return -ERESTARTSYS;
		mutex_lock(&q->lock);
	}
	q->avail--;
	mutex_unlock(&q->lock);
	return 0;
}

static void cq_take_cmd(struct counterq *q)
{
	mutex_lock(&q->lock);
	wait_event_cmd(q->wait, q->avail, mutex_unlock(&q->lock), mutex_lock(&q->lock));
	q->avail--;
	mutex_unlock(&q->lock);
}

static void cq_drain(struct counterq *q)
{
	spin_lock_irq(&q->slock);
	wait_event_lock_irq(q->wait, !q->avail, q->slock);
	spin_unlock_irq(&q->slock);
}

static void cq_give(struct counterq *q)
{
	mutex_lock(&q->lock);
	q->avail++;
	mutex_unlock(&q->lock);
	wake_up(&q->wait);
}

static long cq_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case _IO('q', 1):
		return cq_take_loop(&cq);
	case _IO('q', 2):
		cq_take_cmd(&cq);
		return 0;
	case _IO('q', 3):
		cq_give(&cq);
		return 0;
	case _IO('q', 4):
		cq_drain(&cq);
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations cq_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= cq_ioctl,
};

static struct miscdevice cq_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cq",
	.fops	= &cq_fops,
};

static int __init cq_init(void)
{
	mutex_init(&cq.lock);
	spin_lock_init(&cq.slock);
	init_waitqueue_head(&cq.wait);
	return misc_register(&cq_misc);
}

module_init(cq_init);
MODULE_LICENSE("GPL");
