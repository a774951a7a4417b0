// SPDX-License-Identifier: GPL-2.0
/*
 * EEPROM: pages are written and read back. /dev/eepromw takes a page number
 * and programs that page; a scrubber rewrites pages in the background.
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

#define EE_PERIOD	(HZ / 5)
#define EE_PAGES	64
#define EE_WORN		3	/* this page no longer holds data */

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "leave worn pages alone");

static unsigned int settle_ms = 20;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct eeprom {
	struct mutex lock;		/* page, reads */
	u8 page[EE_PAGES];
	unsigned long reads;
	struct task_struct *scrubber;
	struct task_struct *monitor;
};

static struct eeprom ee;

static int ee_verify(struct eeprom *e, unsigned int n)
{
	return n == EE_WORN ? -EIO : 0;
}

static int ee_program(struct eeprom *e, unsigned int n)
{
	int ret;

	if (n >= EE_PAGES)
		return -ERANGE;

	mutex_lock(&e->lock);
	e->page[n]++;
	msleep(settle_ms);	/* the write cycle */
	ret = ee_verify(e, n);
	mutex_unlock(&e->lock);
	return ret;
}

static void ee_read(struct eeprom *e)
{
	mutex_lock(&e->lock);
	e->reads++;
	mutex_unlock(&e->lock);
}

static ssize_t ee_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	unsigned int n;
	int ret = kstrtouint_from_user(buf, len, 10, &n);

	if (!ret)
		ret = ee_program(&ee, n);
	return ret ? ret : len;
}

static const struct file_operations ee_fops = {
	.owner = THIS_MODULE,
	.write = ee_write,
};

static struct miscdevice ee_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "eepromw",
	.fops = &ee_fops,
};

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool ee_next(void)
{
	schedule_timeout_interruptible(EE_PERIOD - jiffies % EE_PERIOD);
	return !kthread_should_stop();
}

/* Stops at the first page that fails. */
static int ee_scrub_thread(void *data)
{
	unsigned int n = 0;
	bool failed = false;

	while (ee_next()) {
		if (serial && n % EE_PAGES == EE_WORN)
			n++;
		if (!failed)
			failed = ee_program(data, n++ % EE_PAGES) != 0;
	}
	return 0;
}

static int ee_monitor_thread(void *data)
{
	while (ee_next())
		ee_read(data);
	return 0;
}

static void eepromw_stop(void)
{
	if (!IS_ERR_OR_NULL(ee.scrubber))
		kthread_stop(ee.scrubber);
	if (!IS_ERR_OR_NULL(ee.monitor))
		kthread_stop(ee.monitor);
}

static int __init eepromw_init(void)
{
	int ret;

	mutex_init(&ee.lock);
	ret = misc_register(&ee_misc);
	if (ret)
		return ret;

	if (!autostart)
		return 0;

	ee.monitor = kthread_run(ee_monitor_thread, &ee, "ee-monitor");
	if (IS_ERR(ee.monitor))
		goto fail;

	ee.scrubber = kthread_run(ee_scrub_thread, &ee, "ee-scrub");
	if (IS_ERR(ee.scrubber))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	eepromw_stop();
	misc_deregister(&ee_misc);
	return -ENOMEM;
}

static void __exit eepromw_exit(void)
{
	eepromw_stop();
	misc_deregister(&ee_misc);
}

module_init(eepromw_init);
module_exit(eepromw_exit);

MODULE_DESCRIPTION("EEPROM writer");
MODULE_LICENSE("GPL");
