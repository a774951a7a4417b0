// SPDX-License-Identifier: GPL-2.0
/*
 * begin() returns with the lock held and interrupts off, end() gives both
 * back; the flags live in the device.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct eeprom_port {
	void __iomem *base;
	spinlock_t lock;
	unsigned long flags;
	u32 faults;
};

static void port_begin(struct eeprom_port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	p->flags = flags;
	writel(1, p->base);
}

static void port_end(struct eeprom_port *p)
{
	unsigned long flags = p->flags;

	writel(0, p->base);
	spin_unlock_irqrestore(&p->lock, flags);
}

static irqreturn_t port_irq(int irq, void *data)
{
	struct eeprom_port *p = data;

	spin_lock(&p->lock);
	p->faults++;
	spin_unlock(&p->lock);
	return IRQ_HANDLED;
}

static ssize_t word_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct eeprom_port *p = dev_get_drvdata(dev);
	u32 v;

	port_begin(p);
	v = readl(p->base + 4);
	port_end(p);
	return sysfs_emit(buf, "%u\n", v);
}
static DEVICE_ATTR_RO(word);

static int port_probe(struct platform_device *pdev)
{
	struct eeprom_port *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	int irq, ret;

	if (!p)
		return -ENOMEM;
	spin_lock_init(&p->lock);
	p->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(p->base))
		return PTR_ERR(p->base);
	platform_set_drvdata(pdev, p);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	ret = devm_request_irq(&pdev->dev, irq, port_irq, 0, "eeport", p);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_word);
}

static struct platform_driver port_driver = {
	.probe	= port_probe,
	.driver	= { .name = "eeport" },
};
module_platform_driver(port_driver);
MODULE_LICENSE("GPL");
