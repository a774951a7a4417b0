// SPDX-License-Identifier: GPL-2.0
/*
 * A _locked function that its caller calls with interrupts saved uses the
 * _irq variant for a second lock.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/rbtree.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct cmx {
	spinlock_t lock;
	u32 state;
	u32 sends;
};

static DEFINE_SPINLOCK(cmx_table_lock);
static u32 cmx_entries;

static irqreturn_t cmx_irq(int irq, void *data)
{
	struct cmx *c = data;

	spin_lock(&c->lock);
	c->state = 0;
	spin_unlock(&c->lock);
	return IRQ_HANDLED;
}

static int cmx_send_locked(struct cmx *c, u32 state)
{
	if (c->state == state)
		return -EINVAL;
	c->state = state;
	c->sends++;
	spin_lock_irq(&cmx_table_lock); /* want: irq-flags-misuse */
	cmx_entries--;
	spin_unlock_irq(&cmx_table_lock); /* want: irq-flags-misuse */
	return 0;
}

static int cmx_send(struct cmx *c, u32 state)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&c->lock, flags);
	ret = cmx_send_locked(c, state); /* want: irq-flags-misuse */
	spin_unlock_irqrestore(&c->lock, flags);
	return ret;
}

static ssize_t send_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct cmx *c = dev_get_drvdata(dev);
	int ret;

	spin_lock_irq(&cmx_table_lock);
	cmx_entries++;
	spin_unlock_irq(&cmx_table_lock);
	ret = cmx_send(c, len);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(send);

static int cmx_probe(struct platform_device *pdev)
{
	struct cmx *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!c)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	spin_lock_init(&c->lock);
	platform_set_drvdata(pdev, c);
	ret = devm_request_irq(&pdev->dev, irq, cmx_irq, 0, "cmx", c);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_send);
}

static struct platform_driver cmx_driver = {
	.probe	= cmx_probe,
	.driver	= { .name = "cmx" },
};
module_platform_driver(cmx_driver);
MODULE_LICENSE("GPL");
