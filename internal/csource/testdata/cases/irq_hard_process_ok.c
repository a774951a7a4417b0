// SPDX-License-Identifier: GPL-2.0
/*
 * Every lock that the handler takes is taken with interrupts off elsewhere:
 * by _irqsave, by _irq, by local_irq_save(), in a helper whose callers do it,
 * or with the interrupt line disabled.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct counterx {
	void __iomem *regs;
	spinlock_t lock;
	int irq;
	u64 count;
};

static irqreturn_t counterx_irq(int irq, void *data)
{
	struct counterx *c = data;

	spin_lock(&c->lock);
	c->count += readl(c->regs);
	spin_unlock(&c->lock);
	return IRQ_HANDLED;
}

/* Called with interrupts off. */
static u64 counterx_take(struct counterx *c)
{
	u64 n;

	lockdep_assert_irqs_disabled();
	spin_lock(&c->lock);
	n = c->count;
	c->count = 0;
	spin_unlock(&c->lock);
	return n;
}

static ssize_t take_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct counterx *c = dev_get_drvdata(dev);
	unsigned long flags;
	u64 n;

	local_irq_save(flags);
	n = counterx_take(c);
	local_irq_restore(flags);
	return sysfs_emit(buf, "%llu\n", n);
}
static DEVICE_ATTR_RO(take);

static ssize_t count_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct counterx *c = dev_get_drvdata(dev);
	u64 n;

	spin_lock_irq(&c->lock);
	n = c->count;
	spin_unlock_irq(&c->lock);
	return sysfs_emit(buf, "%llu\n", n);
}

static ssize_t count_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct counterx *c = dev_get_drvdata(dev);

	disable_irq(c->irq);
	spin_lock(&c->lock);
	c->count = 0;
	spin_unlock(&c->lock);
	enable_irq(c->irq);
	return len;
}
static DEVICE_ATTR_RW(count);

static int counterx_probe(struct platform_device *pdev)
{
	struct counterx *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	c->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(c->regs))
		return PTR_ERR(c->regs);
	spin_lock_init(&c->lock);
	platform_set_drvdata(pdev, c);
	c->irq = platform_get_irq(pdev, 0);
	if (c->irq < 0)
		return c->irq;
	device_create_file(&pdev->dev, &dev_attr_take);
	device_create_file(&pdev->dev, &dev_attr_count);
	return devm_request_irq(&pdev->dev, c->irq, counterx_irq, 0, "counterx", c);
}

static struct platform_driver counterx_driver = {
	.probe	= counterx_probe,
	.driver	= { .name = "counterx" },
};
module_platform_driver(counterx_driver);
MODULE_LICENSE("GPL");
