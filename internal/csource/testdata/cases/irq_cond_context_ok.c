// SPDX-License-Identifier: GPL-2.0
/*
 * A function for both contexts uses irqsave; one that is only called from the
 * handler uses the plain lock; spin_unlock() + local_irq_restore() pair up
 * with spin_lock_irqsave().
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct mmcx {
	void __iomem *regs;
	spinlock_t lock;
	u32 cmds;
	u32 errs;
};

static void mmcx_error(struct mmcx *s)
{
	unsigned long flags;

	spin_lock_irqsave(&s->lock, flags);
	s->errs++;
	spin_unlock_irqrestore(&s->lock, flags);
}

static void mmcx_ack(struct mmcx *s)
{
	spin_lock(&s->lock);
	writel(1, s->regs);
	s->cmds--;
	spin_unlock(&s->lock);
}

static irqreturn_t mmcx_irq(int irq, void *data)
{
	struct mmcx *s = data;

	if (readl(s->regs) & 0x8000)
		mmcx_error(s);
	mmcx_ack(s);
	return IRQ_HANDLED;
}

static ssize_t cmd_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct mmcx *s = dev_get_drvdata(dev);
	unsigned long flags;

	if (!len) {
		mmcx_error(s);
		return -EINVAL;
	}
	spin_lock_irqsave(&s->lock, flags);
	s->cmds++;
	spin_unlock(&s->lock);
	writel(buf[0], s->regs + 4);
	local_irq_restore(flags);
	return len;
}
static DEVICE_ATTR_WO(cmd);

static int mmcx_probe(struct platform_device *pdev)
{
	struct mmcx *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!s)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	s->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(s->regs))
		return PTR_ERR(s->regs);
	spin_lock_init(&s->lock);
	platform_set_drvdata(pdev, s);
	ret = devm_request_irq(&pdev->dev, irq, mmcx_irq, 0, "mmcx", s);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_cmd);
}

static struct platform_driver mmcx_driver = {
	.probe	= mmcx_probe,
	.driver	= { .name = "mmcx" },
};
module_platform_driver(mmcx_driver);
MODULE_LICENSE("GPL");
