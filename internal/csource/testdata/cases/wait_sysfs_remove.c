// SPDX-License-Identifier: GPL-2.0
/*
 * device_remove_file() waits until nobody is in the file's show() any more,
 * under the mutex that show() takes.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>

struct padlock {
	struct mutex lock;
	struct device *dev;
	u32 code;
	bool shown;
};

static ssize_t code_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct padlock *p = dev_get_drvdata(dev);
	ssize_t n;

	mutex_lock(&p->lock); /* want: wait-under-lock */
	n = sysfs_emit(buf, "%u\n", p->code);
	mutex_unlock(&p->lock);
	return n;
}
static DEVICE_ATTR_RO(code);

static void padlock_hide(struct padlock *p)
{
	mutex_lock(&p->lock);
	if (p->shown) {
		device_remove_file(p->dev, &dev_attr_code); /* want: wait-under-lock */
		p->shown = false;
	}
	mutex_unlock(&p->lock);
}

static ssize_t hide_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	padlock_hide(dev_get_drvdata(dev));
	return len;
}
static DEVICE_ATTR_WO(hide);

static int padlock_probe(struct platform_device *pdev)
{
	struct padlock *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);
	int ret;

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock);
	p->dev = &pdev->dev;
	platform_set_drvdata(pdev, p);
	ret = device_create_file(&pdev->dev, &dev_attr_code);
	if (ret)
		return ret;
	p->shown = true;
	return device_create_file(&pdev->dev, &dev_attr_hide);
}

static struct platform_driver padlock_driver = {
	.probe	= padlock_probe,
	.driver	= { .name = "padlock" },
};
module_platform_driver(padlock_driver);
MODULE_LICENSE("GPL");
