// SPDX-License-Identifier: GPL-2.0
/*
 * Code that asks which context it is in before it sleeps. Not good style, and
 * not a bug here: in_interrupt() and irqs_disabled() answer rightly for its
 * callers, a handler and a file.
 */
#include <linux/module.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct ctxq {
	void __iomem *regs;
	spinlock_t lock;
	struct list_head items;
};

struct ctxq_item {
	struct list_head node;
	u32 val;
};

static struct ctxq_item *ctxq_alloc(void)
{
	gfp_t gfp = in_interrupt() || irqs_disabled() ? GFP_ATOMIC : GFP_KERNEL;

	return kzalloc(sizeof(struct ctxq_item), gfp);
}

static void ctxq_settle(void)
{
	if (in_interrupt())
		udelay(50);
	else
		usleep_range(50, 100);
}

static void ctxq_push(struct ctxq *q)
{
	struct ctxq_item *it = ctxq_alloc();
	unsigned long flags;

	if (!it)
		return;
	ctxq_settle();
	it->val = readl(q->regs);
	spin_lock_irqsave(&q->lock, flags);
	list_add(&it->node, &q->items);
	spin_unlock_irqrestore(&q->lock, flags);
}

static irqreturn_t ctxq_irq(int irq, void *data)
{
	ctxq_push(data);
	return IRQ_HANDLED;
}

static ssize_t push_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	ctxq_push(dev_get_drvdata(dev));
	return len;
}
static DEVICE_ATTR_WO(push);

static int ctxq_probe(struct platform_device *pdev)
{
	struct ctxq *q = devm_kzalloc(&pdev->dev, sizeof(*q), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!q)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	q->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(q->regs))
		return PTR_ERR(q->regs);
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->items);
	platform_set_drvdata(pdev, q);
	ret = devm_request_irq(&pdev->dev, irq, ctxq_irq, 0, "ctxq", q);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_push);
}

static struct platform_driver ctxq_driver = {
	.probe	= ctxq_probe,
	.driver	= { .name = "ctxq" },
};
module_platform_driver(ctxq_driver);
MODULE_LICENSE("GPL");
