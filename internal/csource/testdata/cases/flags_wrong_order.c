// SPDX-License-Identifier: GPL-2.0
/*
 * The outer flags are restored while the inner lock is held: interrupts come
 * on with it, and go off again afterwards.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct dualx {
	spinlock_t ctl;
	spinlock_t fifo;
	u32 in, out;
};

static irqreturn_t dualx_irq(int irq, void *data)
{
	struct dualx *d = data;

	spin_lock(&d->fifo);
	d->out++;
	spin_unlock(&d->fifo);
	return IRQ_HANDLED;
}

static ssize_t kick_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct dualx *d = dev_get_drvdata(dev);
	unsigned long outer, inner;

	spin_lock_irqsave(&d->ctl, outer);
	spin_lock_irqsave(&d->fifo, inner);
	d->in++;
	spin_unlock_irqrestore(&d->ctl, outer); /* want: irq-flags-misuse|irq-unsafe-lock */
	d->out = 0;
	spin_unlock_irqrestore(&d->fifo, inner); /* want: irq-flags-misuse|irq-unsafe-lock */
	return len;
}
static DEVICE_ATTR_WO(kick);

static int dualx_probe(struct platform_device *pdev)
{
	struct dualx *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!d)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&d->ctl);
	spin_lock_init(&d->fifo);
	platform_set_drvdata(pdev, d);
	ret = devm_request_irq(&pdev->dev, irq, dualx_irq, 0, "dualx", d);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_kick);
}

static struct platform_driver dualx_driver = {
	.probe	= dualx_probe,
	.driver	= { .name = "dualx" },
};
module_platform_driver(dualx_driver);
MODULE_LICENSE("GPL");
