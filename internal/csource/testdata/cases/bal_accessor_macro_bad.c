// SPDX-License-Identifier: GPL-2.0
/*
 * A macro generates the accessors; its setter returns early with the lock.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/hwmon.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct fanx {
	struct mutex lock;
	u32 pwm;
	u32 target;
};

#define FANX_ATTR(_name, _max)							\
static ssize_t _name##_show(struct device *dev, struct device_attribute *attr,	\
			    char *buf)						\
{										\
	struct fanx *f = dev_get_drvdata(dev);					\
	u32 v;									\
										\
	mutex_lock(&f->lock);							\
	v = f->_name;								\
	mutex_unlock(&f->lock);							\
	return sysfs_emit(buf, "%u\n", v);					\
}										\
static ssize_t _name##_store(struct device *dev, struct device_attribute *attr,	\
			     const char *buf, size_t len)			\
{										\
	struct fanx *f = dev_get_drvdata(dev);					\
	u32 v;									\
										\
	mutex_lock(&f->lock);							\
	if (kstrtou32(buf, 0, &v) || v > (_max))				\
		return -EINVAL;							\
	f->_name = v;								\
	mutex_unlock(&f->lock);							\
	return len;								\
}										\
static DEVICE_ATTR_RW(_name)

FANX_ATTR(pwm, 255); /* want: missing-unlock func=pwm_store bug=pwm */
FANX_ATTR(target, 9000); /* want: missing-unlock func=target_store bug=target */

static struct attribute *fanx_attrs[] = {
	&dev_attr_pwm.attr,
	&dev_attr_target.attr,
	NULL
};
ATTRIBUTE_GROUPS(fanx);

static int fanx_probe(struct platform_device *pdev)
{
	struct fanx *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	platform_set_drvdata(pdev, f);
	return 0;
}

static struct platform_driver fanx_driver = {
	.probe	= fanx_probe,
	.driver	= { .name = "fanx", .dev_groups = fanx_groups },
};
module_platform_driver(fanx_driver);
MODULE_LICENSE("GPL");
