// SPDX-License-Identifier: GPL-2.0
/*
 * The handler itself, through a helper, uses the _irq variant: its unlock
 * turns interrupts on inside the handler.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct canx {
	void __iomem *regs;
	spinlock_t lock;
	u32 frames;
	u32 lost;
};

static u32 canx_drain(struct canx *c)
{
	u32 n = 0;

	spin_lock_irq(&c->lock); /* want: irq-flags-misuse */
	while (readl(c->regs) & 1)
		n++;
	c->frames += n;
	spin_unlock_irq(&c->lock); /* want: irq-flags-misuse */
	return n;
}

static irqreturn_t canx_irq(int irq, void *data)
{
	return canx_drain(data) ? IRQ_HANDLED : IRQ_NONE; /* want: irq-flags-misuse */
}

static ssize_t drain_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	canx_drain(dev_get_drvdata(dev));
	return len;
}
static DEVICE_ATTR_WO(drain);

static int canx_probe(struct platform_device *pdev)
{
	struct canx *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!c)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	c->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(c->regs))
		return PTR_ERR(c->regs);
	spin_lock_init(&c->lock);
	platform_set_drvdata(pdev, c);
	ret = devm_request_irq(&pdev->dev, irq, canx_irq, 0, "canx", c);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_drain);
}

static struct platform_driver canx_driver = {
	.probe	= canx_probe,
	.driver	= { .name = "canx" },
};
module_platform_driver(canx_driver);
MODULE_LICENSE("GPL");
