// SPDX-License-Identifier: GPL-2.0
/*
 * LED strip: colours are shifted out one by one, then latched.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/spinlock.h>

#define LED_PERIOD	(HZ / 2)
#define LED_COUNT	8

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static unsigned int settle_ms = 10;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_SPINLOCK(led_lock);
static unsigned int led_colour[LED_COUNT];
static unsigned int latched;
static struct task_struct *blinker;

static void led_latch(void)
{
	msleep(settle_ms);
	latched++;
}

static void led_show(unsigned int colour)
{
	unsigned int i;

	spin_lock(&led_lock);
	for (i = 0; i < LED_COUNT; i++)
		led_colour[i] = colour;
	spin_unlock(&led_lock);
	led_latch();
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool led_next(void)
{
	schedule_timeout_interruptible(LED_PERIOD - jiffies % LED_PERIOD);
	return !kthread_should_stop();
}

static int led_blink_thread(void *unused)
{
	unsigned int colour = 1;

	while (led_next())
		led_show(colour++);
	return 0;
}

static void ledstrip_stop(void)
{
	if (!IS_ERR_OR_NULL(blinker))
		kthread_stop(blinker);
}

static int __init ledstrip_init(void)
{
	if (!autostart)
		return 0;

	blinker = kthread_run(led_blink_thread, NULL, "led-blink");
	if (IS_ERR(blinker))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	ledstrip_stop();
	pr_info("%u latched\n", latched);
	return -ENOMEM;
}

static void __exit ledstrip_exit(void)
{
	ledstrip_stop();
	pr_info("%u latched\n", latched);
}

module_init(ledstrip_init);
module_exit(ledstrip_exit);

MODULE_DESCRIPTION("LED strip");
MODULE_LICENSE("GPL");
