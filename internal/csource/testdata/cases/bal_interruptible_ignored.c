// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody asks whether the interruptible lock was got; the unlock then
 * releases what another task may hold.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct valve {
	struct semaphore sem;
	int percent;
};

static ssize_t percent_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	struct valve *v = dev_get_drvdata(dev);
	int percent, ret;

	ret = kstrtoint(buf, 0, &percent);
	if (ret)
		return ret;

	ret = down_interruptible(&v->sem); /* want: unlock-not-held */
	v->percent = clamp(percent, 0, 100);
	up(&v->sem); /* want: unlock-not-held */
	return len;
}

static ssize_t percent_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct valve *v = dev_get_drvdata(dev);
	int percent;

	down(&v->sem);
	percent = v->percent;
	up(&v->sem);
	return sysfs_emit(buf, "%d\n", percent);
}
static DEVICE_ATTR_RW(percent);

static int valve_probe(struct platform_device *pdev)
{
	struct valve *v = devm_kzalloc(&pdev->dev, sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	sema_init(&v->sem, 1);
	platform_set_drvdata(pdev, v);
	return device_create_file(&pdev->dev, &dev_attr_percent);
}

static struct platform_driver valve_driver = {
	.probe	= valve_probe,
	.driver	= { .name = "valve" },
};
module_platform_driver(valve_driver);
MODULE_LICENSE("GPL");
