// SPDX-License-Identifier: GPL-2.0
/*
 * probe() is called with the device's lock held: device_lock() of the same
 * device never returns.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/device.h>

struct parity {
	struct device *dev;
	u32 mode;
};

static void parity_set_mode(struct parity *p, u32 mode)
{
	device_lock(p->dev); /* want: recursive-lock */
	p->mode = mode;
	device_unlock(p->dev);
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct parity *p = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", READ_ONCE(p->mode));
}
static DEVICE_ATTR_RO(mode);

static int parity_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct parity *p = devm_kzalloc(dev, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->dev = dev;
	platform_set_drvdata(pdev, p);
	parity_set_mode(p, 1); /* want: recursive-lock */
	return device_create_file(dev, &dev_attr_mode);
}

static struct platform_driver parity_driver = {
	.probe	= parity_probe,
	.driver	= { .name = "parity" },
};
module_platform_driver(parity_driver);
MODULE_LICENSE("GPL");
