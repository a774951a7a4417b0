// SPDX-License-Identifier: GPL-2.0
/*
 * read_lock() of an rwlock that this CPU reads: allowed in an interrupt that
 * came while a reader ran. Writers keep interrupts off, so readers need not.
 */
#include <linux/module.h>
#include <linux/rwlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct padx {
	rwlock_t lock;
	u32 map[8];
	u32 last;
};

static irqreturn_t padx_irq(int irq, void *data)
{
	struct padx *p = data;

	read_lock(&p->lock);
	WRITE_ONCE(p->last, p->map[0]);
	read_unlock(&p->lock);
	return IRQ_HANDLED;
}

static ssize_t map_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct padx *p = dev_get_drvdata(dev);
	u32 sum = 0;
	int i;

	read_lock(&p->lock);
	for (i = 0; i < ARRAY_SIZE(p->map); i++)
		sum += p->map[i];
	read_unlock(&p->lock);
	return sysfs_emit(buf, "%u\n", sum);
}

static ssize_t map_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct padx *p = dev_get_drvdata(dev);
	u32 v;
	int ret = kstrtou32(buf, 0, &v);

	if (ret)
		return ret;
	write_lock_irq(&p->lock);
	p->map[v % ARRAY_SIZE(p->map)] = v;
	write_unlock_irq(&p->lock);
	return len;
}
static DEVICE_ATTR_RW(map);

static int padx_probe(struct platform_device *pdev)
{
	struct padx *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!p)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	rwlock_init(&p->lock);
	platform_set_drvdata(pdev, p);
	ret = devm_request_irq(&pdev->dev, irq, padx_irq, 0, "padx", p);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_map);
}

static struct platform_driver padx_driver = {
	.probe	= padx_probe,
	.driver	= { .name = "padx" },
};
module_platform_driver(padx_driver);
MODULE_LICENSE("GPL");
