// SPDX-License-Identifier: GPL-2.0
/*
 * An error path in the middle of an irqsave section of a DMA driver returns
 * without unlock and without restoring interrupts.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct gdma {
	void __iomem *regs;
	spinlock_t lock;
	u32 active;
};

static irqreturn_t gdma_irq(int irq, void *data)
{
	struct gdma *g = data;

	spin_lock(&g->lock);
	g->active--;
	spin_unlock(&g->lock);
	return IRQ_HANDLED;
}

static int gdma_kick(struct gdma *g, u32 desc)
{
	unsigned long flags;
	u32 st;

	spin_lock_irqsave(&g->lock, flags);
	st = readl(g->regs);
	if (st & 0x10) {
		pr_warn_ratelimited("channel halted\n");
		return -EIO; /* want: missing-unlock|irq-flags-misuse */
	}
	writel(desc, g->regs + 4);
	g->active++;
	spin_unlock_irqrestore(&g->lock, flags);
	return 0;
}

static ssize_t kick_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	int ret = gdma_kick(dev_get_drvdata(dev), len);

	return ret ? ret : len;
}
static DEVICE_ATTR_WO(kick);

static int gdma_probe(struct platform_device *pdev)
{
	struct gdma *g = devm_kzalloc(&pdev->dev, sizeof(*g), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!g)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	g->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(g->regs))
		return PTR_ERR(g->regs);
	spin_lock_init(&g->lock);
	platform_set_drvdata(pdev, g);
	ret = devm_request_irq(&pdev->dev, irq, gdma_irq, 0, "gdma", g);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_kick);
}

static struct platform_driver gdma_driver = {
	.probe	= gdma_probe,
	.driver	= { .name = "gdma" },
};
module_platform_driver(gdma_driver);
MODULE_LICENSE("GPL");
