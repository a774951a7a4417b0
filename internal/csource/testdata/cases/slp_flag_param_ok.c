// SPDX-License-Identifier: GPL-2.0
/*
 * The helper sleeps only if its caller says that it may; those that hold the
 * spinlock say no.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct phyx {
	void __iomem *regs;
	spinlock_t lock;
	u32 resets;
};

static int phyx_wait_ready(struct phyx *p, bool can_sleep)
{
	int tries = 1000;

	while (readl(p->regs) & 1) {
		if (!--tries)
			return -ETIMEDOUT;
		if (can_sleep)
			usleep_range(10, 20);
		else
			udelay(10);
	}
	return 0;
}

static int phyx_reset_locked(struct phyx *p)
{
	writel(1, p->regs);
	p->resets++;
	return phyx_wait_ready(p, false);
}

static irqreturn_t phyx_irq(int irq, void *data)
{
	struct phyx *p = data;

	spin_lock(&p->lock);
	phyx_reset_locked(p);
	spin_unlock(&p->lock);
	return IRQ_HANDLED;
}

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct phyx *p = dev_get_drvdata(dev);
	unsigned long flags;
	int ret;

	ret = phyx_wait_ready(p, true);
	if (ret)
		return ret;
	spin_lock_irqsave(&p->lock, flags);
	ret = phyx_reset_locked(p);
	spin_unlock_irqrestore(&p->lock, flags);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(reset);

static int phyx_probe(struct platform_device *pdev)
{
	struct phyx *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!p)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	p->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(p->regs))
		return PTR_ERR(p->regs);
	spin_lock_init(&p->lock);
	platform_set_drvdata(pdev, p);
	ret = devm_request_irq(&pdev->dev, irq, phyx_irq, 0, "phyx", p);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_reset);
}

static struct platform_driver phyx_driver = {
	.probe	= phyx_probe,
	.driver	= { .name = "phyx" },
};
module_platform_driver(phyx_driver);
MODULE_LICENSE("GPL");
