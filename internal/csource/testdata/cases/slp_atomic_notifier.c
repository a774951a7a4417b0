// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks of an atomic notifier chain run in an RCU reader: they may not
 * take a mutex.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

static ATOMIC_NOTIFIER_HEAD(siren_chain);
static DEFINE_MUTEX(log_mutex);
static u32 alarms;

static void siren_log(void)
{
	mutex_lock(&log_mutex); /* want: sleep-in-atomic */
	alarms++;
	mutex_unlock(&log_mutex);
}

static int siren_event(struct notifier_block *nb, unsigned long level, void *data)
{
	if (level > 3)
		siren_log(); /* want: sleep-in-atomic */
	return NOTIFY_OK;
}

static struct notifier_block siren_nb = {
	.notifier_call = siren_event,
};

static long siren_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	long n;

	atomic_notifier_call_chain(&siren_chain, arg, NULL); /* want: sleep-in-atomic */
	mutex_lock(&log_mutex);
	n = alarms;
	mutex_unlock(&log_mutex);
	return n;
}

static const struct file_operations siren_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= siren_ioctl,
};

static struct miscdevice siren_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "sirenx",
	.fops	= &siren_fops,
};

static int __init siren_init(void)
{
	atomic_notifier_chain_register(&siren_chain, &siren_nb);
	return misc_register(&siren_misc);
}

static void __exit siren_exit(void)
{
	misc_deregister(&siren_misc);
	atomic_notifier_chain_unregister(&siren_chain, &siren_nb);
}

module_init(siren_init);
module_exit(siren_exit);
MODULE_LICENSE("GPL");
