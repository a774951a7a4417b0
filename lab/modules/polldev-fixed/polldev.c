// SPDX-License-Identifier: GPL-2.0
/*
 * Device that is polled by a delayed work item; /dev/polldev changes the rate:
 * the number that is written to it is the time between polls in milliseconds.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#define POLL_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "let the poll finish before the rate changes");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct poll_dev {
	struct mutex lock;		/* rate_ms, polls */
	struct delayed_work poll;
	unsigned int rate_ms;
	unsigned int polls;
	struct task_struct *tuner;
};

static struct poll_dev pd;

static void poll_work(struct work_struct *work)
{
	struct poll_dev *p = container_of(to_delayed_work(work), struct poll_dev, poll);

	msleep(settle_ms);
	mutex_lock(&p->lock);
	p->polls++;
	mutex_unlock(&p->lock);
}

static void poll_set_rate(struct poll_dev *p, unsigned int ms)
{
	cancel_delayed_work_sync(&p->poll);
	mutex_lock(&p->lock);
	p->rate_ms = ms;
	mutex_unlock(&p->lock);
	schedule_delayed_work(&p->poll, msecs_to_jiffies(ms));
}

static ssize_t poll_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	unsigned int ms;
	int ret = kstrtouint_from_user(buf, len, 10, &ms);

	if (ret)
		return ret;
	if (ms < 10 || ms > 10000)
		return -ERANGE;
	poll_set_rate(&pd, ms);
	return len;
}

static const struct file_operations poll_fops = {
	.owner = THIS_MODULE,
	.write = poll_write,
};

static struct miscdevice poll_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "polldev",
	.fops = &poll_fops,
};

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool poll_next(void)
{
	schedule_timeout_interruptible(POLL_PERIOD - jiffies % POLL_PERIOD);
	return !kthread_should_stop();
}

static int poll_tune_thread(void *data)
{
	struct poll_dev *p = data;

	while (poll_next()) {
		mod_delayed_work(system_wq, &p->poll, 0);
		msleep(settle_ms / 2);
		if (serial)
			flush_delayed_work(&p->poll);
		poll_set_rate(p, 1000);
	}
	return 0;
}

static void polldev_stop(void)
{
	if (!IS_ERR_OR_NULL(pd.tuner))
		kthread_stop(pd.tuner);
}

static int __init polldev_init(void)
{
	int ret;

	mutex_init(&pd.lock);
	INIT_DELAYED_WORK(&pd.poll, poll_work);
	ret = misc_register(&poll_misc);
	if (ret)
		return ret;

	if (!autostart)
		return 0;

	pd.tuner = kthread_run(poll_tune_thread, &pd, "poll-tune");
	if (IS_ERR(pd.tuner))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	polldev_stop();
	misc_deregister(&poll_misc);
	cancel_delayed_work_sync(&pd.poll);
	return -ENOMEM;
}

static void __exit polldev_exit(void)
{
	polldev_stop();
	misc_deregister(&poll_misc);
	cancel_delayed_work_sync(&pd.poll);
}

module_init(polldev_init);
module_exit(polldev_exit);

MODULE_DESCRIPTION("Polled device");
MODULE_LICENSE("GPL");
