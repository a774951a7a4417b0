// SPDX-License-Identifier: GPL-2.0
/*
 * spin_unlock_irq() of the inner lock turns interrupts on while the outer
 * lock, which the handler takes, is held.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct mboxy {
	void __iomem *regs;
	spinlock_t lock;
	spinlock_t log_lock;
	u32 sent;
	u32 log[16];
	u32 logs;
};

static irqreturn_t mboxy_irq(int irq, void *data)
{
	struct mboxy *m = data;

	spin_lock(&m->lock);
	m->sent--;
	spin_unlock(&m->lock);
	return IRQ_HANDLED;
}

static void mboxy_send(struct mboxy *m, u32 msg)
{
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	writel(msg, m->regs);
	m->sent++;
	spin_lock_irq(&m->log_lock); /* want: irq-flags-misuse */
	m->log[m->logs++ & 15] = msg;
	spin_unlock_irq(&m->log_lock); /* want: irq-flags-misuse */
	spin_unlock_irqrestore(&m->lock, flags);
}

static ssize_t send_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	u32 msg;
	int ret = kstrtou32(buf, 0, &msg);

	if (ret)
		return ret;
	mboxy_send(dev_get_drvdata(dev), msg);
	return len;
}
static DEVICE_ATTR_WO(send);

static int mboxy_probe(struct platform_device *pdev)
{
	struct mboxy *m = devm_kzalloc(&pdev->dev, sizeof(*m), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!m)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	m->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(m->regs))
		return PTR_ERR(m->regs);
	spin_lock_init(&m->lock);
	spin_lock_init(&m->log_lock);
	platform_set_drvdata(pdev, m);
	ret = devm_request_irq(&pdev->dev, irq, mboxy_irq, 0, "mboxy", m);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_send);
}

static struct platform_driver mboxy_driver = {
	.probe	= mboxy_probe,
	.driver	= { .name = "mboxy" },
};
module_platform_driver(mboxy_driver);
MODULE_LICENSE("GPL");
