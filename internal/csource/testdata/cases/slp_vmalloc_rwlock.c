// SPDX-License-Identifier: GPL-2.0
/*
 * vfree() and a firmware request under a write lock.
 */
#include <linux/module.h>
#include <linux/rwlock.h>
#include <linux/firmware.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct dsp {
	rwlock_t lock;
	struct device *dev;
	const struct firmware *fw;
	u32 loads;
};

static int dsp_fetch(struct dsp *d)
{
	return request_firmware(&d->fw, "dspx.bin", d->dev); /* want: sleep-in-atomic */
}

static int dsp_reload(struct dsp *d)
{
	int ret;

	write_lock(&d->lock);
	release_firmware(d->fw);
	d->fw = NULL;
	ret = dsp_fetch(d); /* want: sleep-in-atomic */
	if (!ret)
		d->loads++;
	write_unlock(&d->lock);
	return ret;
}

static ssize_t reload_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	int ret = dsp_reload(dev_get_drvdata(dev));

	return ret ? ret : len;
}
static DEVICE_ATTR_WO(reload);

static ssize_t loads_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct dsp *d = dev_get_drvdata(dev);
	u32 n;

	read_lock(&d->lock);
	n = d->loads;
	read_unlock(&d->lock);
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(loads);

static int dsp_probe(struct platform_device *pdev)
{
	struct dsp *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->dev = &pdev->dev;
	rwlock_init(&d->lock);
	platform_set_drvdata(pdev, d);
	device_create_file(&pdev->dev, &dev_attr_loads);
	return device_create_file(&pdev->dev, &dev_attr_reload);
}

static struct platform_driver dsp_driver = {
	.probe	= dsp_probe,
	.driver	= { .name = "dspx" },
};
module_platform_driver(dsp_driver);
MODULE_LICENSE("GPL");
