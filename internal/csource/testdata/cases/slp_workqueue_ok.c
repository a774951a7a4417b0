// SPDX-License-Identifier: GPL-2.0
/*
 * Work is queued from a handler, a timer and under a spinlock, and sleeps
 * itself: the usual way out of atomic context.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/timer.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

struct defer {
	struct work_struct work;
	struct delayed_work late;
	struct timer_list timer;
	spinlock_t lock;
	struct mutex mutex;
	u32 pending;
	u8 *log;
};

static void defer_work(struct work_struct *work)
{
	struct defer *d = container_of(work, struct defer, work);
	u32 n;

	spin_lock_irq(&d->lock);
	n = d->pending;
	d->pending = 0;
	spin_unlock_irq(&d->lock);

	mutex_lock(&d->mutex);
	kfree(d->log);
	d->log = kzalloc(n, GFP_KERNEL);
	msleep(2);
	mutex_unlock(&d->mutex);
}

static void defer_late(struct work_struct *work)
{
	struct defer *d = container_of(work, struct defer, late.work);

	flush_work(&d->work);
	mod_timer(&d->timer, jiffies + HZ);
}

static void defer_tick(struct timer_list *t)
{
	struct defer *d = from_timer(d, t, timer);

	schedule_work(&d->work);
}

static irqreturn_t defer_irq(int irq, void *data)
{
	struct defer *d = data;

	spin_lock(&d->lock);
	d->pending++;
	schedule_work(&d->work);
	schedule_delayed_work(&d->late, HZ);
	spin_unlock(&d->lock);
	return IRQ_HANDLED;
}

static int defer_probe(struct platform_device *pdev)
{
	struct defer *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!d)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&d->lock);
	mutex_init(&d->mutex);
	INIT_WORK(&d->work, defer_work);
	INIT_DELAYED_WORK(&d->late, defer_late);
	timer_setup(&d->timer, defer_tick, 0);
	mod_timer(&d->timer, jiffies + HZ);
	return devm_request_irq(&pdev->dev, irq, defer_irq, 0, "defer", d);
}

static struct platform_driver defer_driver = {
	.probe	= defer_probe,
	.driver	= { .name = "defer" },
};
module_platform_driver(defer_driver);
MODULE_LICENSE("GPL");
