// SPDX-License-Identifier: GPL-2.0
/*
 * Watchdog: a timer on one processor counts down, a worker on another one
 * pets it. Stopping waits until the timer's function is done.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/processor.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#define WDOG_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "let the timer run out before it is stopped");

static unsigned int settle_ms = 60;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct wdog {
	spinlock_t lock;		/* left, pets */
	struct timer_list timer;
	unsigned int left;
	unsigned int pets;
	struct task_struct *petter;
};

static struct wdog wdog;

static void wdog_expire(struct timer_list *t)
{
	struct wdog *w = container_of(t, struct wdog, timer);

	spin_lock(&w->lock);
	if (w->left)
		w->left--;
	spin_unlock(&w->lock);
}

static void wdog_start(struct wdog *w)
{
	w->timer.expires = jiffies + msecs_to_jiffies(settle_ms / 2);
	add_timer_on(&w->timer, cpumask_first(cpu_online_mask));
	if (serial) {
		msleep(settle_ms);
		timer_delete_sync(&w->timer);
	}
}

/* The register takes a value when it has shifted out the last one. */
static void wdog_settle(void)
{
	unsigned long end = jiffies + msecs_to_jiffies(settle_ms);

	while (time_before(jiffies, end))
		cpu_relax();
}

static void wdog_pet(struct wdog *w)
{
	spin_lock_bh(&w->lock);
	w->left = 10;
	w->pets++;
	wdog_settle();
	timer_delete_sync(&w->timer);
	spin_unlock_bh(&w->lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool wdog_next(void)
{
	schedule_timeout_interruptible(WDOG_PERIOD - jiffies % WDOG_PERIOD);
	return !kthread_should_stop();
}

static int wdog_pet_thread(void *data)
{
	while (wdog_next()) {
		wdog_start(data);
		wdog_pet(data);
	}
	return 0;
}

static void wdogpet_stop(void)
{
	if (!IS_ERR_OR_NULL(wdog.petter))
		kthread_stop(wdog.petter);
}

static int __init wdogpet_init(void)
{
	if (num_online_cpus() < 2)
		return -ENODEV;
	spin_lock_init(&wdog.lock);
	timer_setup(&wdog.timer, wdog_expire, 0);

	if (!autostart)
		return 0;

	wdog.petter = kthread_run_on_cpu(wdog_pet_thread, &wdog, cpumask_last(cpu_online_mask), "wdog-pet/%u");
	if (IS_ERR(wdog.petter))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	wdogpet_stop();
	timer_delete_sync(&wdog.timer);
	return -ENOMEM;
}

static void __exit wdogpet_exit(void)
{
	wdogpet_stop();
	timer_delete_sync(&wdog.timer);
}

module_init(wdogpet_init);
module_exit(wdogpet_exit);

MODULE_DESCRIPTION("Watchdog");
MODULE_LICENSE("GPL");
