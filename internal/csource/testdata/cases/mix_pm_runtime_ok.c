// SPDX-License-Identifier: GPL-2.0
/*
 * pm_runtime_get_sync() sleeps, under a mutex; the irq-safe variants and
 * pm_runtime_get() do not, under the spinlock.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct gpux {
	struct device *dev;
	void __iomem *regs;
	struct mutex job_mutex;
	spinlock_t lock;
	u32 jobs;
};

static irqreturn_t gpux_irq(int irq, void *data)
{
	struct gpux *g = data;

	spin_lock(&g->lock);
	g->jobs--;
	pm_runtime_mark_last_busy(g->dev);
	pm_runtime_put_autosuspend(g->dev);
	spin_unlock(&g->lock);
	return IRQ_HANDLED;
}

static ssize_t job_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct gpux *g = dev_get_drvdata(dev);
	unsigned long flags;
	int ret;

	mutex_lock(&g->job_mutex);
	ret = pm_runtime_resume_and_get(dev);
	if (ret < 0)
		goto out;
	spin_lock_irqsave(&g->lock, flags);
	g->jobs++;
	pm_runtime_get_noresume(dev);
	writel(1, g->regs);
	spin_unlock_irqrestore(&g->lock, flags);
	pm_runtime_put_sync(dev);
	ret = 0;
out:
	mutex_unlock(&g->job_mutex);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(job);

static int gpux_probe(struct platform_device *pdev)
{
	struct gpux *g = devm_kzalloc(&pdev->dev, sizeof(*g), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!g)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	g->dev = &pdev->dev;
	g->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(g->regs))
		return PTR_ERR(g->regs);
	mutex_init(&g->job_mutex);
	spin_lock_init(&g->lock);
	platform_set_drvdata(pdev, g);
	pm_runtime_enable(&pdev->dev);
	ret = devm_request_irq(&pdev->dev, irq, gpux_irq, 0, "gpux", g);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_job);
}

static struct platform_driver gpux_driver = {
	.probe	= gpux_probe,
	.driver	= { .name = "gpux" },
};
module_platform_driver(gpux_driver);
MODULE_LICENSE("GPL");
