// SPDX-License-Identifier: GPL-2.0
/*
 * The error path unlocks but forgets the interrupts that local_irq_save()
 * turned off.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/irqflags.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct nandx {
	void __iomem *regs;
	spinlock_t lock;
	u32 page;
};

static int nandx_program(struct nandx *n, u32 page)
{
	unsigned long flags;

	local_irq_save(flags);
	spin_lock(&n->lock);
	if (readl(n->regs) & BIT(7)) {
		spin_unlock(&n->lock);
		return -EROFS; /* want: irq-flags-misuse|missing-unlock */
	}
	writel(page, n->regs + 4);
	n->page = page;
	spin_unlock(&n->lock);
	local_irq_restore(flags);
	return 0;
}

static ssize_t program_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	u32 page;
	int ret = kstrtou32(buf, 0, &page);

	if (!ret)
		ret = nandx_program(dev_get_drvdata(dev), page);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(program);

static int nandx_probe(struct platform_device *pdev)
{
	struct nandx *n = devm_kzalloc(&pdev->dev, sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(n->regs))
		return PTR_ERR(n->regs);
	spin_lock_init(&n->lock);
	platform_set_drvdata(pdev, n);
	return device_create_file(&pdev->dev, &dev_attr_program);
}

static struct platform_driver nandx_driver = {
	.probe	= nandx_probe,
	.driver	= { .name = "nandx" },
};
module_platform_driver(nandx_driver);
MODULE_LICENSE("GPL");
