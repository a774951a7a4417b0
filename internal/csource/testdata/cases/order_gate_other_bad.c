// SPDX-License-Identifier: GPL-2.0
/*
 * Both orders of upper and lower exist, and each under a third lock, but of
 * another object: two weirs of one canal have two canals' control.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

struct canal {
	struct mutex control;
	struct mutex upper;
	struct mutex lower;
	struct canal *next;
	int level;
};

static void canal_raise(struct canal *c)
{
	mutex_lock(&c->next->control);
	mutex_lock(&c->lower);
	mutex_lock(&c->upper);		/* want: lock-order-inversion */
	c->level++;
	mutex_unlock(&c->upper);
	mutex_unlock(&c->lower);
	mutex_unlock(&c->next->control);
}

static void canal_sink(struct canal *c)
{
	mutex_lock(&c->control);
	mutex_lock(&c->upper);
	mutex_lock(&c->lower);		/* want: lock-order-inversion */
	c->level--;
	mutex_unlock(&c->lower);
	mutex_unlock(&c->upper);
	mutex_unlock(&c->control);
}

static ssize_t level_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct canal *c = dev_get_drvdata(dev);

	canal_sink(c);
	return sysfs_emit(buf, "%d\n", c->level);
}

static ssize_t level_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t n)
{
	canal_raise(dev_get_drvdata(dev));
	return n;
}
static DEVICE_ATTR_RW(level);

static int canal_probe(struct platform_device *pdev)
{
	struct canal *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	mutex_init(&c->control);
	mutex_init(&c->upper);
	mutex_init(&c->lower);
	platform_set_drvdata(pdev, c);
	return device_create_file(&pdev->dev, &dev_attr_level);
}

static struct platform_driver canal_driver = {
	.probe = canal_probe,
	.driver = { .name = "canal" },
};
module_platform_driver(canal_driver);
MODULE_LICENSE("GPL");
