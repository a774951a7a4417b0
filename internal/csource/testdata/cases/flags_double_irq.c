// SPDX-License-Identifier: GPL-2.0
/*
 * _irq nested in _irq: the inner unlock turns interrupts on, under the outer
 * lock.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/platform_device.h>
#include <linux/err.h>
#include <linux/delay.h>

struct dualq {
	spinlock_t outer;
	spinlock_t inner;
	u32 a, b;
	struct task_struct *task;
};

static irqreturn_t dualq_irq(int irq, void *data)
{
	struct dualq *d = data;

	spin_lock(&d->outer);
	d->a++;
	spin_unlock(&d->outer);
	return IRQ_HANDLED;
}

static int dualq_thread(void *data)
{
	struct dualq *d = data;

	while (!kthread_should_stop()) {
		spin_lock_irq(&d->outer);
		d->a = 0;
		spin_lock_irq(&d->inner); /* want: irq-flags-misuse */
		d->b++;
		spin_unlock_irq(&d->inner); /* want: irq-flags-misuse */
		d->a = d->b;
		spin_unlock_irq(&d->outer);
		msleep(10);
	}
	return 0;
}

static int dualq_probe(struct platform_device *pdev)
{
	struct dualq *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!d)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&d->outer);
	spin_lock_init(&d->inner);
	platform_set_drvdata(pdev, d);
	d->task = kthread_run(dualq_thread, d, "dualq");
	if (IS_ERR(d->task))
		return PTR_ERR(d->task);
	return devm_request_irq(&pdev->dev, irq, dualq_irq, 0, "dualq", d);
}

static int dualq_remove(struct platform_device *pdev)
{
	struct dualq *d = platform_get_drvdata(pdev);

	kthread_stop(d->task);
	return 0;
}

static struct platform_driver dualq_driver = {
	.probe	= dualq_probe,
	.remove	= dualq_remove,
	.driver	= { .name = "dualq" },
};
module_platform_driver(dualq_driver);
MODULE_LICENSE("GPL");
