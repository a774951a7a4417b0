// SPDX-License-Identifier: GPL-2.0
/*
 * A helper drops the caller's lock to wait and retakes it, but not when the
 * wait fails; the caller unlocks in any case.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/completion.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct flashx {
	struct mutex lock;
	struct completion idle;
	u32 erased;
};

static int flashx_wait_idle(struct flashx *f)
{
	mutex_unlock(&f->lock);
	if (!wait_for_completion_timeout(&f->idle, HZ))
		return -ETIMEDOUT; /* want: unlock-not-held */
	mutex_lock(&f->lock);
	return 0;
}

static int flashx_erase(struct flashx *f, u32 block)
{
	int ret;

	mutex_lock(&f->lock);
	ret = flashx_wait_idle(f);
	if (ret)
		goto out;
	f->erased = block;
out:
	mutex_unlock(&f->lock); /* want: unlock-not-held */
	return ret;
}

static ssize_t erase_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	u32 block;
	int ret = kstrtou32(buf, 0, &block);

	if (!ret)
		ret = flashx_erase(dev_get_drvdata(dev), block);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(erase);

static ssize_t idle_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct flashx *f = dev_get_drvdata(dev);

	complete(&f->idle);
	return len;
}
static DEVICE_ATTR_WO(idle);

static int flashx_probe(struct platform_device *pdev)
{
	struct flashx *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	init_completion(&f->idle);
	platform_set_drvdata(pdev, f);
	device_create_file(&pdev->dev, &dev_attr_idle);
	return device_create_file(&pdev->dev, &dev_attr_erase);
}

static struct platform_driver flashx_driver = {
	.probe	= flashx_probe,
	.driver	= { .name = "flashx" },
};
module_platform_driver(flashx_driver);
MODULE_LICENSE("GPL");
