// SPDX-License-Identifier: GPL-2.0
/*
 * wait_event() with a spinlock: sleeps, and the waker wants the lock too.
 */
#include <linux/module.h>
#include <linux/wait.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct gatex {
	spinlock_t lock;
	wait_queue_head_t wait;
	u32 tokens;
};

static struct gatex gatex;

static long gatex_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	int ret = 0;

	if (cmd == _IO('g', 0)) {
		spin_lock(&gatex.lock);
		gatex.tokens++;
		spin_unlock(&gatex.lock);
		wake_up(&gatex.wait);
		return 0;
	}

	spin_lock(&gatex.lock);
	if (!gatex.tokens)
		ret = wait_event_interruptible(gatex.wait, gatex.tokens); /* want: sleep-in-atomic|wait-under-lock */
	if (!ret)
		gatex.tokens--;
	spin_unlock(&gatex.lock);
	return ret;
}

static const struct file_operations gatex_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= gatex_ioctl,
};

static struct miscdevice gatex_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "gatex",
	.fops	= &gatex_fops,
};

static int __init gatex_init(void)
{
	spin_lock_init(&gatex.lock);
	init_waitqueue_head(&gatex.wait);
	return misc_register(&gatex_misc);
}

static void __exit gatex_exit(void)
{
	misc_deregister(&gatex_misc);
}

module_init(gatex_init);
module_exit(gatex_exit);
MODULE_LICENSE("GPL");
