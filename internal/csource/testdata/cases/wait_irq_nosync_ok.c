// SPDX-License-Identifier: GPL-2.0
/*
 * disable_irq_nosync() does not wait; free_irq() and synchronize_irq() are
 * called without the handler's lock.
 */
#include <linux/module.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>

struct sensx {
	int irq;
	spinlock_t lock;
	struct mutex pm_lock;
	bool masked;
	u32 n;
};

static irqreturn_t sensx_irq(int irq, void *data)
{
	struct sensx *s = data;

	spin_lock(&s->lock);
	s->n++;
	if (s->n > 1000) {
		disable_irq_nosync(irq);
		s->masked = true;
	}
	spin_unlock(&s->lock);
	return IRQ_HANDLED;
}

static int sensx_suspend(struct device *dev)
{
	struct sensx *s = dev_get_drvdata(dev);
	unsigned long flags;

	mutex_lock(&s->pm_lock);
	spin_lock_irqsave(&s->lock, flags);
	if (!s->masked) {
		disable_irq_nosync(s->irq);
		s->masked = true;
	}
	spin_unlock_irqrestore(&s->lock, flags);
	synchronize_irq(s->irq);
	mutex_unlock(&s->pm_lock);
	return 0;
}

static int sensx_resume(struct device *dev)
{
	struct sensx *s = dev_get_drvdata(dev);

	spin_lock_irq(&s->lock);
	s->masked = false;
	spin_unlock_irq(&s->lock);
	enable_irq(s->irq);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(sensx_pm, sensx_suspend, sensx_resume);

static int sensx_probe(struct platform_device *pdev)
{
	struct sensx *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	spin_lock_init(&s->lock);
	mutex_init(&s->pm_lock);
	s->irq = platform_get_irq(pdev, 0);
	if (s->irq < 0)
		return s->irq;
	platform_set_drvdata(pdev, s);
	return request_irq(s->irq, sensx_irq, 0, "sensx", s);
}

static int sensx_remove(struct platform_device *pdev)
{
	struct sensx *s = platform_get_drvdata(pdev);

	mutex_lock(&s->pm_lock);
	free_irq(s->irq, s);
	mutex_unlock(&s->pm_lock);
	return 0;
}

static struct platform_driver sensx_driver = {
	.probe	= sensx_probe,
	.remove	= sensx_remove,
	.driver	= { .name = "sensx", .pm = pm_sleep_ptr(&sensx_pm) },
};
module_platform_driver(sensx_driver);
MODULE_LICENSE("GPL");
