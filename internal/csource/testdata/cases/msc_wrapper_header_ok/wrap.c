// SPDX-License-Identifier: GPL-2.0
/*
 * Everything goes through the header's wrappers.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/delay.h>
#include <linux/sysfs.h>
#include "wrap.h"

static u32 wctx_read(struct wctx *w, int reg)
{
	u32 v;

	wctx_hw_lock(w);
	v = w->regs[reg & 7];
	wctx_hw_unlock(w);
	return v;
}

static void wctx_clear(struct wctx *w)
{
	int i, once;

	wctx_with_hw(w, once) {
		for (i = 0; i < 8; i++)
			w->regs[i] = 0;
	}
}

static ssize_t reg_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct wctx *w = dev_get_drvdata(dev);
	u32 v;

	wctx_lock(w);
	usleep_range(10, 20);
	v = wctx_read(w, 0);
	wctx_clear(w);
	wctx_unlock(w);
	return sysfs_emit(buf, "%u\n", v);
}
static DEVICE_ATTR_RO(reg);

static int wctx_probe(struct platform_device *pdev)
{
	struct wctx *w = devm_kzalloc(&pdev->dev, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	mutex_init(&w->cfg);
	spin_lock_init(&w->hw);
	platform_set_drvdata(pdev, w);
	return device_create_file(&pdev->dev, &dev_attr_reg);
}

static struct platform_driver wctx_driver = {
	.probe	= wctx_probe,
	.driver	= { .name = "wctx" },
};
module_platform_driver(wctx_driver);
MODULE_LICENSE("GPL");
