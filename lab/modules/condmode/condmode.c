// SPDX-License-Identifier: GPL-2.0
/*
 * Sensor with two modes, chosen at load and fixed from then on. In shared mode
 * another master uses the bus as well, and it has to be claimed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#define SENSE_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static bool shared = true;
module_param(shared, bool, 0444);
MODULE_PARM_DESC(shared, "another master uses the bus");

static DEFINE_MUTEX(bus_lock);
static DEFINE_MUTEX(data_lock);
static unsigned int value;
static unsigned int calibrated;
static struct task_struct *sampler;
static struct task_struct *calibrator;

static void sense_sample(void)
{
	if (shared)
		mutex_lock(&bus_lock);
	mutex_lock(&data_lock);
	msleep(settle_ms);
	value++;
	mutex_unlock(&data_lock);
	if (shared)
		mutex_unlock(&bus_lock);
}

static void sense_calibrate(void)
{
	if (shared)
		mutex_lock(&bus_lock);
	msleep(settle_ms);
	mutex_lock(&data_lock);
	calibrated = value;
	if (shared)
		mutex_unlock(&bus_lock);
	mutex_unlock(&data_lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool sense_next(void)
{
	schedule_timeout_interruptible(SENSE_PERIOD - jiffies % SENSE_PERIOD);
	return !kthread_should_stop();
}

static int sense_sample_thread(void *unused)
{
	while (sense_next()) {
		sense_sample();
		if (serial)
			sense_calibrate();
	}
	return 0;
}

static int sense_calibrate_thread(void *unused)
{
	while (sense_next())
		sense_calibrate();
	return 0;
}

static void condmode_stop(void)
{
	if (!IS_ERR_OR_NULL(calibrator))
		kthread_stop(calibrator);
	if (!IS_ERR_OR_NULL(sampler))
		kthread_stop(sampler);
}

static int __init condmode_init(void)
{
	if (!autostart)
		return 0;

	sampler = kthread_run(sense_sample_thread, NULL, "sense-sample");
	if (IS_ERR(sampler))
		goto fail;
	if (serial)
		return 0;

	calibrator = kthread_run(sense_calibrate_thread, NULL, "sense-calibrate");
	if (IS_ERR(calibrator))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	condmode_stop();
	pr_info("value %u, calibrated %u\n", value, calibrated);
	return -ENOMEM;
}

static void __exit condmode_exit(void)
{
	condmode_stop();
	pr_info("value %u, calibrated %u\n", value, calibrated);
}

module_init(condmode_init);
module_exit(condmode_exit);

MODULE_DESCRIPTION("Sensor with two modes");
MODULE_LICENSE("GPL");
