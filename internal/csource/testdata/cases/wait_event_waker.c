// SPDX-License-Identifier: GPL-2.0
/*
 * wait_event() with a mutex held that the only waker takes first.
 */
#include <linux/module.h>
#include <linux/wait.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct ticket {
	struct mutex lock;
	wait_queue_head_t wait;
	bool served;
};

static struct ticket ticket;

static void ticket_serve(struct ticket *t)
{
	mutex_lock(&t->lock); /* want: wait-under-lock */
	t->served = true;
	wake_up(&t->wait);
	mutex_unlock(&t->lock);
}

static int ticket_wait(struct ticket *t)
{
	mutex_lock(&t->lock);
	t->served = false;
	wait_event(t->wait, t->served); /* want: wait-under-lock */
	mutex_unlock(&t->lock);
	return 0;
}

static long ticket_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case _IO('T', 1):
		return ticket_wait(&ticket);
	case _IO('T', 2):
		ticket_serve(&ticket);
		return 0;
	}
	return -ENOTTY;
}

static const struct file_operations ticket_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= ticket_ioctl,
};

static struct miscdevice ticket_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "ticket",
	.fops	= &ticket_fops,
};

static int __init ticket_init(void)
{
	mutex_init(&ticket.lock);
	init_waitqueue_head(&ticket.wait);
	return misc_register(&ticket_misc);
}

static void __exit ticket_exit(void)
{
	misc_deregister(&ticket_misc);
}

module_init(ticket_init);
module_exit(ticket_exit);
MODULE_LICENSE("GPL");
