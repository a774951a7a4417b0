// SPDX-License-Identifier: GPL-2.0
/*
 * The helper that locks gets the flags by value: what it saves is lost, and
 * the caller restores what was never set.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct latch {
	spinlock_t lock;
	u32 n;
};

static irqreturn_t latch_irq(int irq, void *data)
{
	struct latch *l = data;

	spin_lock(&l->lock);
	l->n++;
	spin_unlock(&l->lock);
	return IRQ_HANDLED;
}

static void latch_enter(struct latch *l, unsigned long flags)
{
	spin_lock_irqsave(&l->lock, flags); /* want: irq-flags-misuse */
}

static void latch_leave(struct latch *l, unsigned long flags)
{
	spin_unlock_irqrestore(&l->lock, flags); /* want: irq-flags-misuse */
}

static ssize_t n_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct latch *l = dev_get_drvdata(dev);
	unsigned long flags = 0;
	u32 n;

	latch_enter(l, flags); /* want: irq-flags-misuse */
	n = l->n;
	latch_leave(l, flags); /* want: irq-flags-misuse */
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(n);

static int latch_probe(struct platform_device *pdev)
{
	struct latch *l = devm_kzalloc(&pdev->dev, sizeof(*l), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!l)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&l->lock);
	platform_set_drvdata(pdev, l);
	ret = devm_request_irq(&pdev->dev, irq, latch_irq, 0, "latch", l);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_n);
}

static struct platform_driver latch_driver = {
	.probe	= latch_probe,
	.driver	= { .name = "latch" },
};
module_platform_driver(latch_driver);
MODULE_LICENSE("GPL");
