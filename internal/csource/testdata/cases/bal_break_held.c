// SPDX-License-Identifier: GPL-2.0
/*
 * `break` leaves the loop with the lock of that round held.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

#define NLED	6

struct leds {
	struct mutex lock;
	u8 level[NLED];
};

static int leds_find_off(struct leds *l)
{
	int i;

	for (i = 0; i < NLED; i++) {
		mutex_lock(&l->lock);
		if (l->level[i] == 0)
			break;
		mutex_unlock(&l->lock);
	}
	return i; /* want: missing-unlock */
}

static ssize_t off_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%d\n", leds_find_off(dev_get_drvdata(dev)));
}
static DEVICE_ATTR_RO(off);

static ssize_t all_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct leds *l = dev_get_drvdata(dev);
	int i;

	for (i = 0; i < NLED; i++) {
		mutex_lock(&l->lock);
		if (buf[0] == '0') {
			l->level[i] = 0;
			mutex_unlock(&l->lock);
			continue;
		}
		l->level[i] = 255;
		mutex_unlock(&l->lock);
	}
	return len;
}
static DEVICE_ATTR_WO(all);

static struct attribute *leds_attrs[] = {
	&dev_attr_off.attr,
	&dev_attr_all.attr,
	NULL
};
ATTRIBUTE_GROUPS(leds);

static int leds_probe(struct platform_device *pdev)
{
	struct leds *l = devm_kzalloc(&pdev->dev, sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	mutex_init(&l->lock);
	platform_set_drvdata(pdev, l);
	return 0;
}

static struct platform_driver leds_driver = {
	.probe	= leds_probe,
	.driver	= { .name = "ledsx", .dev_groups = leds_groups },
};
module_platform_driver(leds_driver);
MODULE_LICENSE("GPL");
