// SPDX-License-Identifier: GPL-2.0
/*
 * A tasklet against a work item that takes the lock with softirqs on, one
 * call deep.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/io.h>

struct dmaq {
	spinlock_t lock;
	struct list_head done;
	struct tasklet_struct tasklet;
	struct work_struct reap;
	void __iomem *regs;
};

struct dmaq_desc {
	struct list_head node;
	u32 cookie;
};

static void dmaq_tasklet(struct tasklet_struct *t)
{
	struct dmaq *q = from_tasklet(q, t, tasklet);
	struct dmaq_desc *d = kzalloc(sizeof(*d), GFP_ATOMIC);

	if (!d)
		return;
	d->cookie = readl(q->regs);
	spin_lock(&q->lock); /* want: irq-unsafe-lock */
	list_add_tail(&d->node, &q->done);
	spin_unlock(&q->lock);
	schedule_work(&q->reap);
}

static struct dmaq_desc *dmaq_pop(struct dmaq *q)
{
	struct dmaq_desc *d;

	spin_lock(&q->lock); /* want: irq-unsafe-lock */
	d = list_first_entry_or_null(&q->done, struct dmaq_desc, node);
	if (d)
		list_del(&d->node);
	spin_unlock(&q->lock);
	return d;
}

static void dmaq_reap(struct work_struct *work)
{
	struct dmaq *q = container_of(work, struct dmaq, reap);
	struct dmaq_desc *d;

	while ((d = dmaq_pop(q)) != NULL)
		kfree(d);
}

static irqreturn_t dmaq_irq(int irq, void *data)
{
	struct dmaq *q = data;

	tasklet_schedule(&q->tasklet);
	return IRQ_HANDLED;
}

static int dmaq_probe(struct platform_device *pdev)
{
	struct dmaq *q = devm_kzalloc(&pdev->dev, sizeof(*q), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!q)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	q->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(q->regs))
		return PTR_ERR(q->regs);
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->done);
	tasklet_setup(&q->tasklet, dmaq_tasklet);
	INIT_WORK(&q->reap, dmaq_reap);
	return devm_request_irq(&pdev->dev, irq, dmaq_irq, 0, "dmaq", q);
}

static struct platform_driver dmaq_driver = {
	.probe	= dmaq_probe,
	.driver	= { .name = "dmaq" },
};
module_platform_driver(dmaq_driver);
MODULE_LICENSE("GPL");
