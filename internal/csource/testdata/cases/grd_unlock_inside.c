// SPDX-License-Identifier: GPL-2.0
/*
 * A guard releases at the end of its scope; the error path does so by hand
 * before.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct lift {
	struct mutex lock;
	u32 floor;
	bool blocked;
};

static int lift_goto(struct lift *l, u32 floor)
{
	guard(mutex)(&l->lock);
	if (l->blocked) {
		mutex_unlock(&l->lock);
		return -EBUSY; /* want: unlock-not-held */
	}
	l->floor = floor;
	return 0;
}

static ssize_t floor_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	u32 floor;
	int ret = kstrtou32(buf, 0, &floor);

	if (!ret)
		ret = lift_goto(dev_get_drvdata(dev), floor);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(floor);

static ssize_t blocked_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	struct lift *l = dev_get_drvdata(dev);

	guard(mutex)(&l->lock);
	l->blocked = buf[0] == '1';
	return len;
}
static DEVICE_ATTR_WO(blocked);

static int lift_probe(struct platform_device *pdev)
{
	struct lift *l = devm_kzalloc(&pdev->dev, sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	mutex_init(&l->lock);
	platform_set_drvdata(pdev, l);
	device_create_file(&pdev->dev, &dev_attr_blocked);
	return device_create_file(&pdev->dev, &dev_attr_floor);
}

static struct platform_driver lift_driver = {
	.probe	= lift_probe,
	.driver	= { .name = "liftx" },
};
module_platform_driver(lift_driver);
MODULE_LICENSE("GPL");
