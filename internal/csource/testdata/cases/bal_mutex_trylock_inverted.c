// SPDX-License-Identifier: GPL-2.0
/*
 * mutex_trylock() returns 1 when it got the mutex; read as an error code here.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct scal {
	struct mutex lock;
	u32 factor;
};

static int scal_update(struct scal *s, u32 factor)
{
	int ret;

	ret = mutex_trylock(&s->lock);
	if (ret)
		return -EBUSY; /* want: missing-unlock|unlock-not-held */

	s->factor = factor;
	mutex_unlock(&s->lock); /* want: missing-unlock|unlock-not-held */
	return 0;
}

static ssize_t factor_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	u32 v;
	int ret = kstrtou32(buf, 0, &v);

	if (!ret)
		ret = scal_update(dev_get_drvdata(dev), v);
	return ret ? ret : len;
}

static ssize_t factor_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct scal *s = dev_get_drvdata(dev);
	u32 v;

	mutex_lock(&s->lock);
	v = s->factor;
	mutex_unlock(&s->lock);
	return sysfs_emit(buf, "%u\n", v);
}
static DEVICE_ATTR_RW(factor);

static int scal_probe(struct platform_device *pdev)
{
	struct scal *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock);
	platform_set_drvdata(pdev, s);
	return device_create_file(&pdev->dev, &dev_attr_factor);
}

static struct platform_driver scal_driver = {
	.probe	= scal_probe,
	.driver	= { .name = "scal" },
};
module_platform_driver(scal_driver);
MODULE_LICENSE("GPL");
