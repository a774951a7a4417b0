// SPDX-License-Identifier: GPL-2.0
/*
 * ABBA between a handler and a file, both with interrupts off: on two CPUs.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct dpll {
	void __iomem *regs;
	spinlock_t cfg_lock;
	spinlock_t evt_lock;
	u32 events;
	u32 divider;
};

static irqreturn_t dpll_irq(int irq, void *data)
{
	struct dpll *d = data;

	spin_lock(&d->evt_lock);
	d->events++;
	if (d->events > 100) {
		spin_lock(&d->cfg_lock); /* want: lock-order-inversion */
		d->divider++;
		spin_unlock(&d->cfg_lock);
	}
	spin_unlock(&d->evt_lock);
	return IRQ_HANDLED;
}

static ssize_t divider_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	struct dpll *d = dev_get_drvdata(dev);
	unsigned long flags;
	u32 v;
	int ret = kstrtou32(buf, 0, &v);

	if (ret)
		return ret;
	spin_lock_irqsave(&d->cfg_lock, flags);
	d->divider = v;
	writel(v, d->regs);
	spin_lock(&d->evt_lock); /* want: lock-order-inversion */
	d->events = 0;
	spin_unlock(&d->evt_lock);
	spin_unlock_irqrestore(&d->cfg_lock, flags);
	return len;
}
static DEVICE_ATTR_WO(divider);

static int dpll_probe(struct platform_device *pdev)
{
	struct dpll *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!d)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	d->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(d->regs))
		return PTR_ERR(d->regs);
	spin_lock_init(&d->cfg_lock);
	spin_lock_init(&d->evt_lock);
	platform_set_drvdata(pdev, d);
	ret = devm_request_irq(&pdev->dev, irq, dpll_irq, 0, "dpll", d);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_divider);
}

static struct platform_driver dpll_driver = {
	.probe	= dpll_probe,
	.driver	= { .name = "dpllx" },
};
module_platform_driver(dpll_driver);
MODULE_LICENSE("GPL");
