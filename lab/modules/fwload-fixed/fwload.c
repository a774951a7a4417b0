// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware loader: parses an image in a work item; a reload waits until the
 * parser is done with the old one.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#define FW_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "let the parser finish before each reload");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct fw_loader {
	struct mutex lock;		/* version, parsed */
	struct work_struct parse;
	unsigned int version;
	unsigned int parsed;
	struct task_struct *reloader;
};

static struct fw_loader fw;

static void fw_parse(struct work_struct *work)
{
	struct fw_loader *f = container_of(work, struct fw_loader, parse);

	msleep(settle_ms);
	mutex_lock(&f->lock);
	f->parsed = f->version;
	mutex_unlock(&f->lock);
}

static void fw_reload(struct fw_loader *f)
{
	schedule_work(&f->parse);
	if (serial)
		flush_work(&f->parse);

	flush_work(&f->parse);
	mutex_lock(&f->lock);
	f->version++;
	mutex_unlock(&f->lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool fw_next(void)
{
	schedule_timeout_interruptible(FW_PERIOD - jiffies % FW_PERIOD);
	return !kthread_should_stop();
}

static int fw_reload_thread(void *data)
{
	while (fw_next())
		fw_reload(data);
	return 0;
}

static void fwload_stop(void)
{
	if (!IS_ERR_OR_NULL(fw.reloader))
		kthread_stop(fw.reloader);
}

static int __init fwload_init(void)
{
	mutex_init(&fw.lock);
	INIT_WORK(&fw.parse, fw_parse);

	if (!autostart)
		return 0;

	fw.reloader = kthread_run(fw_reload_thread, &fw, "fw-reload");
	if (IS_ERR(fw.reloader))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	fwload_stop();
	cancel_work_sync(&fw.parse);
	return -ENOMEM;
}

static void __exit fwload_exit(void)
{
	fwload_stop();
	cancel_work_sync(&fw.parse);
}

module_init(fwload_init);
module_exit(fwload_exit);

MODULE_DESCRIPTION("Firmware loader");
MODULE_LICENSE("GPL");
