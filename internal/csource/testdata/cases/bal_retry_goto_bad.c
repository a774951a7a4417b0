// SPDX-License-Identifier: GPL-2.0
/*
 * The retry jumps above the lock without having released it.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct otp {
	void __iomem *base;
	struct mutex lock;
	u32 retries;
};

static int otp_read_word(struct otp *o, u32 *val)
{
	int tries = 5;
	u32 st;

again:
	mutex_lock(&o->lock); /* want: recursive-lock */
	writel(1, o->base);
	st = readl(o->base + 4);
	if (!(st & BIT(0))) {
		o->retries++;
		if (--tries > 0) {
			usleep_range(100, 200);
			goto again;
		}
		mutex_unlock(&o->lock);
		return -ETIMEDOUT; /* may: missing-unlock */
	}
	*val = readl(o->base + 8);
	mutex_unlock(&o->lock);
	return 0;
}

static ssize_t word_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	u32 v;
	int ret = otp_read_word(dev_get_drvdata(dev), &v);

	return ret ? ret : sysfs_emit(buf, "%08x\n", v);
}
static DEVICE_ATTR_RO(word);

static int otp_probe(struct platform_device *pdev)
{
	struct otp *o = devm_kzalloc(&pdev->dev, sizeof(*o), GFP_KERNEL);

	if (!o)
		return -ENOMEM;
	o->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(o->base))
		return PTR_ERR(o->base);
	mutex_init(&o->lock);
	platform_set_drvdata(pdev, o);
	return device_create_file(&pdev->dev, &dev_attr_word);
}

static struct platform_driver otp_driver = {
	.probe	= otp_probe,
	.driver	= { .name = "otpx" },
};
module_platform_driver(otp_driver);
MODULE_LICENSE("GPL");
