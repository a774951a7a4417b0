// SPDX-License-Identifier: GPL-2.0
/*
 * A handover that only looks odd: _irq in work and in kthreads, where
 * interrupts are on; an unlock_irq/lock_irq window inside a loop.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/delay.h>

struct ioreq {
	struct list_head node;
	u32 sector;
};

struct ioq {
	spinlock_t lock;
	struct list_head pending;
	struct work_struct work;
	u32 done;
};

static void ioq_submit(struct ioreq *r)
{
	usleep_range(10, 20);
	kfree(r);
}

static void ioq_work(struct work_struct *work)
{
	struct ioq *q = container_of(work, struct ioq, work);
	struct ioreq *r;

	spin_lock_irq(&q->lock);
	while (!list_empty(&q->pending)) {
		r = list_first_entry(&q->pending, struct ioreq, node);
		list_del(&r->node);
		spin_unlock_irq(&q->lock);

		ioq_submit(r);

		spin_lock_irq(&q->lock);
		q->done++;
	}
	spin_unlock_irq(&q->lock);
}

static irqreturn_t ioq_irq(int irq, void *data)
{
	struct ioq *q = data;
	struct ioreq *r = kzalloc(sizeof(*r), GFP_ATOMIC);

	if (!r)
		return IRQ_HANDLED;
	spin_lock(&q->lock);
	list_add_tail(&r->node, &q->pending);
	spin_unlock(&q->lock);
	schedule_work(&q->work);
	return IRQ_HANDLED;
}

static int ioq_probe(struct platform_device *pdev)
{
	struct ioq *q = devm_kzalloc(&pdev->dev, sizeof(*q), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!q)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&q->lock);
	INIT_LIST_HEAD(&q->pending);
	INIT_WORK(&q->work, ioq_work);
	return devm_request_irq(&pdev->dev, irq, ioq_irq, 0, "ioq", q);
}

static struct platform_driver ioq_driver = {
	.probe	= ioq_probe,
	.driver	= { .name = "ioq" },
};
module_platform_driver(ioq_driver);
MODULE_LICENSE("GPL");
