// SPDX-License-Identifier: GPL-2.0
/*
 * One flags variable used twice, one after the other; unlock in each of
 * several returns; a loop that unlocks and relocks with the same flags.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/dmaengine.h>
#include <linux/sysfs.h>

struct vchanx {
	spinlock_t lock;
	spinlock_t tag_lock;
	u32 queued, done, tag;
};

static irqreturn_t vchanx_irq(int irq, void *data)
{
	struct vchanx *v = data;

	spin_lock(&v->lock);
	v->done++;
	spin_unlock(&v->lock);
	return IRQ_HANDLED;
}

static int vchanx_submit(struct vchanx *v, u32 n)
{
	unsigned long flags;
	u32 tag;

	spin_lock_irqsave(&v->tag_lock, flags);
	tag = v->tag++;
	spin_unlock_irqrestore(&v->tag_lock, flags);

	spin_lock_irqsave(&v->lock, flags);
	if (v->queued - v->done > 64) {
		spin_unlock_irqrestore(&v->lock, flags);
		return -EBUSY;
	}
	if (!n) {
		spin_unlock_irqrestore(&v->lock, flags);
		return 0;
	}
	while (n--) {
		v->queued++;
		if (n % 16)
			continue;
		spin_unlock_irqrestore(&v->lock, flags);
		cpu_relax();
		spin_lock_irqsave(&v->lock, flags);
	}
	spin_unlock_irqrestore(&v->lock, flags);
	return tag;
}

static ssize_t submit_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	int ret = vchanx_submit(dev_get_drvdata(dev), len);

	return ret < 0 ? ret : len;
}
static DEVICE_ATTR_WO(submit);

static int vchanx_probe(struct platform_device *pdev)
{
	struct vchanx *v = devm_kzalloc(&pdev->dev, sizeof(*v), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!v)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&v->lock);
	spin_lock_init(&v->tag_lock);
	platform_set_drvdata(pdev, v);
	ret = devm_request_irq(&pdev->dev, irq, vchanx_irq, 0, "vchanx", v);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_submit);
}

static struct platform_driver vchanx_driver = {
	.probe	= vchanx_probe,
	.driver	= { .name = "vchanx" },
};
module_platform_driver(vchanx_driver);
MODULE_LICENSE("GPL");
