// SPDX-License-Identifier: GPL-2.0
/*
 * Analog-digital converter: a sample is asked for, and arrives later, in the
 * thread that serves the converter. /dev/adcsamp reads samples.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#define ADC_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct adc {
	struct mutex reader_lock;	/* one reader at a time */
	struct mutex state_lock;	/* value */
	struct completion ready;
	wait_queue_head_t kick;
	bool wanted;
	int value;
	struct task_struct *server;
	struct task_struct *logger;
};

static struct adc adc;

static int adc_sample(struct adc *a)
{
	int value;

	mutex_lock(&a->reader_lock);
	reinit_completion(&a->ready);
	WRITE_ONCE(a->wanted, true);
	wake_up(&a->kick);
	wait_for_completion(&a->ready);
	mutex_lock(&a->state_lock);
	value = a->value;
	mutex_unlock(&a->state_lock);
	mutex_unlock(&a->reader_lock);
	return value;
}

static void adc_serve(struct adc *a)
{
	WRITE_ONCE(a->wanted, false);
	msleep(settle_ms);	/* conversion */
	mutex_lock(&a->state_lock);
	a->value++;
	complete(&a->ready);
	mutex_unlock(&a->state_lock);
}

static ssize_t adc_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	char text[16];
	int n = scnprintf(text, sizeof(text), "%d\n", adc_sample(&adc));

	return simple_read_from_buffer(buf, len, pos, text, n);
}

static const struct file_operations adc_fops = {
	.owner = THIS_MODULE,
	.read = adc_read,
};

static struct miscdevice adc_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "adcsamp",
	.fops = &adc_fops,
};

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool adc_next(void)
{
	schedule_timeout_interruptible(ADC_PERIOD - jiffies % ADC_PERIOD);
	return !kthread_should_stop();
}

static int adc_serve_thread(void *data)
{
	struct adc *a = data;

	while (!kthread_should_stop()) {
		wait_event_interruptible(a->kick, READ_ONCE(a->wanted) || kthread_should_stop());
		if (READ_ONCE(a->wanted))
			adc_serve(a);
	}
	return 0;
}

static int adc_log_thread(void *data)
{
	while (adc_next())
		adc_sample(data);
	return 0;
}

static void adcsamp_stop(void)
{
	if (!IS_ERR_OR_NULL(adc.logger))
		kthread_stop(adc.logger);
	if (!IS_ERR_OR_NULL(adc.server))
		kthread_stop(adc.server);
}

static int __init adcsamp_init(void)
{
	int ret;

	mutex_init(&adc.reader_lock);
	mutex_init(&adc.state_lock);
	init_completion(&adc.ready);
	init_waitqueue_head(&adc.kick);

	adc.server = kthread_run(adc_serve_thread, &adc, "adc-serve");
	if (IS_ERR(adc.server))
		return PTR_ERR(adc.server);
	ret = misc_register(&adc_dev);
	if (ret)
		goto fail;
	if (!autostart)
		return 0;

	adc.logger = kthread_run(adc_log_thread, &adc, "adc-log");
	if (!IS_ERR(adc.logger))
		return 0;
	ret = PTR_ERR(adc.logger);
	misc_deregister(&adc_dev);
fail:
	adcsamp_stop();
	return ret;
}

static void __exit adcsamp_exit(void)
{
	misc_deregister(&adc_dev);
	adcsamp_stop();
}

module_init(adcsamp_init);
module_exit(adcsamp_exit);

MODULE_DESCRIPTION("Analog-digital converter");
MODULE_LICENSE("GPL");
