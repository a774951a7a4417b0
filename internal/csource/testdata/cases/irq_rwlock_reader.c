// SPDX-License-Identifier: GPL-2.0
/*
 * The handler reads; the writer leaves interrupts on.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/rwlock.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct keymap {
	rwlock_t lock;
	void __iomem *regs;
	u16 code[64];
	u16 last;
};

static irqreturn_t keymap_irq(int irq, void *data)
{
	struct keymap *k = data;
	u32 scan = readl(k->regs) & 63;

	read_lock(&k->lock); /* want: irq-unsafe-lock */
	WRITE_ONCE(k->last, k->code[scan]);
	read_unlock(&k->lock);
	return IRQ_HANDLED;
}

static ssize_t map_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct keymap *k = dev_get_drvdata(dev);
	u16 code;
	int ret = kstrtou16(buf, 0, &code);

	if (ret)
		return ret;
	write_lock(&k->lock); /* want: irq-unsafe-lock */
	k->code[code & 63] = code;
	write_unlock(&k->lock);
	return len;
}

static ssize_t map_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct keymap *k = dev_get_drvdata(dev);
	u16 code;

	read_lock(&k->lock);
	code = k->code[0];
	read_unlock(&k->lock);
	return sysfs_emit(buf, "%u\n", code);
}
static DEVICE_ATTR_RW(map);

static int keymap_probe(struct platform_device *pdev)
{
	struct keymap *k = devm_kzalloc(&pdev->dev, sizeof(*k), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!k)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	k->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(k->regs))
		return PTR_ERR(k->regs);
	rwlock_init(&k->lock);
	platform_set_drvdata(pdev, k);
	ret = devm_request_irq(&pdev->dev, irq, keymap_irq, 0, "keymap", k);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_map);
}

static struct platform_driver keymap_driver = {
	.probe	= keymap_probe,
	.driver	= { .name = "keymap" },
};
module_platform_driver(keymap_driver);
MODULE_LICENSE("GPL");
