// SPDX-License-Identifier: GPL-2.0
/*
 * A timer callback takes a mutex.
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/power_supply.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct fuel {
	void __iomem *regs;
	struct mutex lock;
	struct timer_list poll;
	u32 capacity;
};

static void fuel_update(struct fuel *f)
{
	mutex_lock(&f->lock); /* want: sleep-in-atomic */
	f->capacity = readl(f->regs) & 0x7f;
	mutex_unlock(&f->lock);
}

static void fuel_poll(struct timer_list *t)
{
	struct fuel *f = from_timer(f, t, poll);

	fuel_update(f); /* want: sleep-in-atomic */
	mod_timer(&f->poll, jiffies + 10 * HZ);
}

static ssize_t capacity_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct fuel *f = dev_get_drvdata(dev);

	fuel_update(f);
	return sysfs_emit(buf, "%u\n", f->capacity);
}
static DEVICE_ATTR_RO(capacity);

static int fuel_probe(struct platform_device *pdev)
{
	struct fuel *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(f->regs))
		return PTR_ERR(f->regs);
	mutex_init(&f->lock);
	timer_setup(&f->poll, fuel_poll, 0);
	platform_set_drvdata(pdev, f);
	mod_timer(&f->poll, jiffies + 10 * HZ);
	return device_create_file(&pdev->dev, &dev_attr_capacity);
}

static int fuel_remove(struct platform_device *pdev)
{
	struct fuel *f = platform_get_drvdata(pdev);

	del_timer_sync(&f->poll);
	return 0;
}

static struct platform_driver fuel_driver = {
	.probe	= fuel_probe,
	.remove	= fuel_remove,
	.driver	= { .name = "fuelx" },
};
module_platform_driver(fuel_driver);
MODULE_LICENSE("GPL");
