// SPDX-License-Identifier: GPL-2.0
/*
 * Nested irqsave with two variables, a handover of one lock to the next
 * under one set of flags, and flags passed to helpers by pointer and value.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct trio {
	spinlock_t a;
	spinlock_t b;
	u32 n;
	u32 irqs;
};

static irqreturn_t trio_irq(int irq, void *data)
{
	struct trio *t = data;

	spin_lock(&t->a);
	t->irqs++;
	spin_unlock(&t->a);
	return IRQ_HANDLED;
}

static void trio_lock(struct trio *t, unsigned long *flags)
{
	spin_lock_irqsave(&t->a, *flags);
}

static void trio_unlock(struct trio *t, unsigned long flags)
{
	spin_unlock_irqrestore(&t->a, flags);
}

static u32 trio_nested(struct trio *t)
{
	unsigned long fa, fb;
	u32 n;

	spin_lock_irqsave(&t->a, fa);
	n = t->n;
	spin_lock_irqsave(&t->b, fb);
	n += t->irqs;
	spin_unlock_irqrestore(&t->b, fb);
	spin_unlock_irqrestore(&t->a, fa);
	return n;
}

/* a is released first, but the flags are restored with b. */
static void trio_handover(struct trio *t)
{
	unsigned long flags;

	spin_lock_irqsave(&t->a, flags);
	spin_lock(&t->b);
	t->n++;
	spin_unlock(&t->a);
	t->irqs = 0;
	spin_unlock_irqrestore(&t->b, flags);
}

static ssize_t n_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct trio *t = dev_get_drvdata(dev);
	unsigned long flags;
	u32 n;

	trio_lock(t, &flags);
	n = t->n;
	trio_unlock(t, flags);
	trio_handover(t);
	return sysfs_emit(buf, "%u %u\n", n, trio_nested(t));
}
static DEVICE_ATTR_RO(n);

static int trio_probe(struct platform_device *pdev)
{
	struct trio *t = devm_kzalloc(&pdev->dev, sizeof(*t), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!t)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&t->a);
	spin_lock_init(&t->b);
	platform_set_drvdata(pdev, t);
	ret = devm_request_irq(&pdev->dev, irq, trio_irq, 0, "trio", t);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_n);
}

static struct platform_driver trio_driver = {
	.probe	= trio_probe,
	.driver	= { .name = "trio" },
};
module_platform_driver(trio_driver);
MODULE_LICENSE("GPL");
