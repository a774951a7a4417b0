// SPDX-License-Identifier: GPL-2.0
/*
 * hrtimer_cancel() spins until the callback is done, which spins on the lock.
 */
#include <linux/module.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/iio/iio.h>
#include <linux/iio/trigger.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct gen {
	struct hrtimer timer;
	spinlock_t lock;
	ktime_t period;
	u64 ticks;
};

static enum hrtimer_restart gen_tick(struct hrtimer *t)
{
	struct gen *g = container_of(t, struct gen, timer);

	spin_lock(&g->lock); /* want: wait-under-lock */
	g->ticks++;
	hrtimer_forward_now(t, g->period);
	spin_unlock(&g->lock);
	return HRTIMER_RESTART;
}

static ssize_t period_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct gen *g = dev_get_drvdata(dev);
	unsigned long flags;
	u32 us;
	int ret = kstrtou32(buf, 0, &us);

	if (ret)
		return ret;
	spin_lock_irqsave(&g->lock, flags);
	hrtimer_cancel(&g->timer); /* want: wait-under-lock */
	g->period = us_to_ktime(us);
	hrtimer_start(&g->timer, g->period, HRTIMER_MODE_REL);
	spin_unlock_irqrestore(&g->lock, flags);
	return len;
}
static DEVICE_ATTR_WO(period);

static int gen_probe(struct platform_device *pdev)
{
	struct gen *g = devm_kzalloc(&pdev->dev, sizeof(*g), GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	spin_lock_init(&g->lock);
	g->period = ms_to_ktime(1);
	hrtimer_init(&g->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	g->timer.function = gen_tick;
	platform_set_drvdata(pdev, g);
	return device_create_file(&pdev->dev, &dev_attr_period);
}

static int gen_remove(struct platform_device *pdev)
{
	struct gen *g = platform_get_drvdata(pdev);

	device_remove_file(&pdev->dev, &dev_attr_period);
	hrtimer_cancel(&g->timer);
	return 0;
}

static struct platform_driver gen_driver = {
	.probe	= gen_probe,
	.remove	= gen_remove,
	.driver	= { .name = "genx" },
};
module_platform_driver(gen_driver);
MODULE_LICENSE("GPL");
