// SPDX-License-Identifier: GPL-2.0
/*
 * A helper takes the mutex that its caller holds.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/leds.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct strip {
	struct led_classdev cdev;
	struct mutex lock;
	u8 level;
	u8 max;
};

static void strip_apply(struct strip *s, u8 level)
{
	mutex_lock(&s->lock); /* want: recursive-lock */
	s->level = min(level, s->max);
	mutex_unlock(&s->lock);
}

static int strip_set(struct led_classdev *cdev, enum led_brightness b)
{
	strip_apply(container_of(cdev, struct strip, cdev), b);
	return 0;
}

static ssize_t max_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct strip *s = dev_get_drvdata(dev);
	u8 max;
	int ret = kstrtou8(buf, 0, &max);

	if (ret)
		return ret;
	mutex_lock(&s->lock);
	s->max = max;
	if (s->level > max)
		strip_apply(s, max); /* want: recursive-lock */
	mutex_unlock(&s->lock);
	return len;
}
static DEVICE_ATTR_WO(max);

static int strip_probe(struct platform_device *pdev)
{
	struct strip *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock);
	s->cdev.name = "strip";
	s->cdev.brightness_set_blocking = strip_set;
	platform_set_drvdata(pdev, s);
	device_create_file(&pdev->dev, &dev_attr_max);
	return devm_led_classdev_register(&pdev->dev, &s->cdev);
}

static struct platform_driver strip_driver = {
	.probe	= strip_probe,
	.driver	= { .name = "strip" },
};
module_platform_driver(strip_driver);
MODULE_LICENSE("GPL");
