// SPDX-License-Identifier: GPL-2.0
/*
 * A mutex held while waiting for the interrupt handler's complete(): usual,
 * because the handler takes only the spinlock. So does the error work, which
 * uses another mutex.
 */
#include <linux/module.h>
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct aesx {
	void __iomem *regs;
	struct mutex lock;
	struct mutex stat_lock;
	spinlock_t reg_lock;
	struct completion done;
	struct work_struct err_work;
	u32 errors;
	u32 status;
};

static irqreturn_t aesx_irq(int irq, void *data)
{
	struct aesx *a = data;

	spin_lock(&a->reg_lock);
	a->status = readl(a->regs);
	spin_unlock(&a->reg_lock);
	if (a->status & 0x80)
		schedule_work(&a->err_work);
	else
		complete(&a->done);
	return IRQ_HANDLED;
}

static void aesx_err_work(struct work_struct *work)
{
	struct aesx *a = container_of(work, struct aesx, err_work);

	mutex_lock(&a->stat_lock);
	a->errors++;
	mutex_unlock(&a->stat_lock);
	complete(&a->done);
}

static ssize_t run_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct aesx *a = dev_get_drvdata(dev);
	ssize_t ret = len;

	mutex_lock(&a->lock);
	reinit_completion(&a->done);
	spin_lock_irq(&a->reg_lock);
	writel(1, a->regs + 4);
	spin_unlock_irq(&a->reg_lock);
	if (buf[0] == '1')
		wait_for_completion(&a->done);
	else if (!wait_for_completion_timeout(&a->done, HZ))
		ret = -ETIMEDOUT;
	mutex_unlock(&a->lock);
	return ret;
}
static DEVICE_ATTR_WO(run);

static int aesx_probe(struct platform_device *pdev)
{
	struct aesx *a = devm_kzalloc(&pdev->dev, sizeof(*a), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!a)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	a->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(a->regs))
		return PTR_ERR(a->regs);
	mutex_init(&a->lock);
	mutex_init(&a->stat_lock);
	spin_lock_init(&a->reg_lock);
	init_completion(&a->done);
	INIT_WORK(&a->err_work, aesx_err_work);
	platform_set_drvdata(pdev, a);
	ret = devm_request_irq(&pdev->dev, irq, aesx_irq, 0, "aesx", a);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_run);
}

static struct platform_driver aesx_driver = {
	.probe	= aesx_probe,
	.driver	= { .name = "aesx" },
};
module_platform_driver(aesx_driver);
MODULE_LICENSE("GPL");
