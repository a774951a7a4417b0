// SPDX-License-Identifier: GPL-2.0
/*
 * The header's inline reads a register under a mutex; this file calls it with
 * a spinlock.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include "regs.h"

static ssize_t status_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct regs *r = dev_get_drvdata(dev);
	u32 v;

	spin_lock(&r->lock);
	v = regs_read(r, 0x104); /* want: sleep-in-atomic */
	spin_unlock(&r->lock);
	return sysfs_emit(buf, "%u\n", v);
}
static DEVICE_ATTR_RO(status);

static int regs_probe(struct platform_device *pdev)
{
	struct regs *r = devm_kzalloc(&pdev->dev, sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(r->base))
		return PTR_ERR(r->base);
	spin_lock_init(&r->lock);
	mutex_init(&r->page_mutex);
	platform_set_drvdata(pdev, r);
	dev_info(&pdev->dev, "id %u\n", regs_read(r, 0));
	return device_create_file(&pdev->dev, &dev_attr_status);
}

static struct platform_driver regs_driver = {
	.probe	= regs_probe,
	.driver	= { .name = "regsx" },
};
module_platform_driver(regs_driver);
MODULE_LICENSE("GPL");
