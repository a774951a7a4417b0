// SPDX-License-Identifier: GPL-2.0
/*
 * The interrupt handler takes the lock that a sysfs file takes with
 * interrupts on.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct encoder {
	void __iomem *regs;
	spinlock_t lock;
	s32 position;
	u32 glitches;
};

static irqreturn_t encoder_irq(int irq, void *data)
{
	struct encoder *e = data;
	u32 st = readl(e->regs);

	spin_lock(&e->lock); /* want: irq-unsafe-lock */
	e->position += (st & 1) ? 1 : -1;
	if (st & 2)
		e->glitches++;
	spin_unlock(&e->lock);
	return IRQ_HANDLED;
}

static ssize_t position_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct encoder *e = dev_get_drvdata(dev);
	s32 pos;

	spin_lock(&e->lock); /* want: irq-unsafe-lock */
	pos = e->position;
	spin_unlock(&e->lock);
	return sysfs_emit(buf, "%d\n", pos);
}

static ssize_t position_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t len)
{
	struct encoder *e = dev_get_drvdata(dev);
	unsigned long flags;
	s32 pos;
	int ret = kstrtos32(buf, 0, &pos);

	if (ret)
		return ret;
	spin_lock_irqsave(&e->lock, flags);
	e->position = pos;
	spin_unlock_irqrestore(&e->lock, flags);
	return len;
}
static DEVICE_ATTR_RW(position);

static struct attribute *encoder_attrs[] = {
	&dev_attr_position.attr,
	NULL
};
ATTRIBUTE_GROUPS(encoder);

static int encoder_probe(struct platform_device *pdev)
{
	struct encoder *e = devm_kzalloc(&pdev->dev, sizeof(*e), GFP_KERNEL);
	int irq;

	if (!e)
		return -ENOMEM;
	e->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(e->regs))
		return PTR_ERR(e->regs);
	spin_lock_init(&e->lock);
	platform_set_drvdata(pdev, e);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	return devm_request_irq(&pdev->dev, irq, encoder_irq, 0, "encoder", e);
}

static struct platform_driver encoder_driver = {
	.probe	= encoder_probe,
	.driver	= { .name = "encoder", .dev_groups = encoder_groups },
};
module_platform_driver(encoder_driver);
MODULE_LICENSE("GPL");
