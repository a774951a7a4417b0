// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration tree: many readers, a worker that replaces entries.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>

#define CFG_PERIOD	(HZ / 5)
#define CFG_ENTRIES	16

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DECLARE_RWSEM(cfg_sem);
static int cfg_value[CFG_ENTRIES];
static struct task_struct *reader;
static struct task_struct *writer;

/* cfg_sem is held. */
static int cfg_get(unsigned int i)
{
	return cfg_value[i % CFG_ENTRIES];
}

/* All entries of one moment. */
static int cfg_sum(void)
{
	unsigned int i;
	int sum = 0;

	down_read(&cfg_sem);
	msleep(settle_ms);	/* the tree lives in slow memory */
	for (i = 0; i < CFG_ENTRIES; i++)
		sum += cfg_get(i);
	up_read(&cfg_sem);
	return sum;
}

static void cfg_replace(int v)
{
	unsigned int i;

	msleep(settle_ms / 2);	/* receives the new entries */
	down_write(&cfg_sem);
	for (i = 0; i < CFG_ENTRIES; i++)
		cfg_value[i] = v;
	up_write(&cfg_sem);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool cfg_next(void)
{
	schedule_timeout_interruptible(CFG_PERIOD - jiffies % CFG_PERIOD);
	return !kthread_should_stop();
}

static int cfg_read_thread(void *unused)
{
	int last = 0;

	while (cfg_next()) {
		last = cfg_sum();
		if (serial)
			cfg_replace(last + 1);
	}
	return 0;
}

static int cfg_write_thread(void *unused)
{
	int v = 0;

	while (cfg_next())
		cfg_replace(++v);
	return 0;
}

static void cfgtree_stop(void)
{
	if (!IS_ERR_OR_NULL(writer))
		kthread_stop(writer);
	if (!IS_ERR_OR_NULL(reader))
		kthread_stop(reader);
}

static int __init cfgtree_init(void)
{
	if (!autostart)
		return 0;

	reader = kthread_run(cfg_read_thread, NULL, "cfg-read");
	if (IS_ERR(reader))
		goto fail;
	if (serial)
		return 0;

	writer = kthread_run(cfg_write_thread, NULL, "cfg-write");
	if (IS_ERR(writer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	cfgtree_stop();
	return -ENOMEM;
}

static void __exit cfgtree_exit(void)
{
	cfgtree_stop();
}

module_init(cfgtree_init);
module_exit(cfgtree_exit);

MODULE_DESCRIPTION("Configuration tree");
MODULE_LICENSE("GPL");
