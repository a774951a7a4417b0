// SPDX-License-Identifier: GPL-2.0
/*
 * The handler never takes list_lock, but takes reg_lock. list_lock is taken
 * under reg_lock with interrupts off in one place, and alone with interrupts
 * on in another: CPU 0 holds list_lock and is interrupted by the handler,
 * which spins on reg_lock; CPU 1 holds that and spins on list_lock.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct gpiox {
	void __iomem *regs;
	spinlock_t reg_lock;
	spinlock_t list_lock;
	struct list_head waiters;
	u32 pending;
};

static irqreturn_t gpiox_irq(int irq, void *data)
{
	struct gpiox *g = data;

	spin_lock(&g->reg_lock); /* want: irq-unsafe-lock */
	g->pending |= readl(g->regs);
	spin_unlock(&g->reg_lock);
	return IRQ_HANDLED;
}

static void gpiox_flush(struct gpiox *g)
{
	unsigned long flags;

	spin_lock_irqsave(&g->reg_lock, flags);
	spin_lock(&g->list_lock); /* want: irq-unsafe-lock */
	if (list_empty(&g->waiters))
		g->pending = 0;
	spin_unlock(&g->list_lock);
	spin_unlock_irqrestore(&g->reg_lock, flags);
}

static ssize_t waiters_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct gpiox *g = dev_get_drvdata(dev);
	struct list_head *pos;
	int n = 0;

	spin_lock(&g->list_lock); /* want: irq-unsafe-lock */
	list_for_each(pos, &g->waiters)
		n++;
	spin_unlock(&g->list_lock);
	return sysfs_emit(buf, "%d\n", n);
}

static ssize_t waiters_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	gpiox_flush(dev_get_drvdata(dev));
	return len;
}
static DEVICE_ATTR_RW(waiters);

static int gpiox_probe(struct platform_device *pdev)
{
	struct gpiox *g = devm_kzalloc(&pdev->dev, sizeof(*g), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!g)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	g->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(g->regs))
		return PTR_ERR(g->regs);
	spin_lock_init(&g->reg_lock);
	spin_lock_init(&g->list_lock);
	INIT_LIST_HEAD(&g->waiters);
	platform_set_drvdata(pdev, g);
	device_create_file(&pdev->dev, &dev_attr_waiters);
	return devm_request_irq(&pdev->dev, irq, gpiox_irq, 0, "gpiox", g);
}

static struct platform_driver gpiox_driver = {
	.probe	= gpiox_probe,
	.driver	= { .name = "gpiox" },
};
module_platform_driver(gpiox_driver);
MODULE_LICENSE("GPL");
