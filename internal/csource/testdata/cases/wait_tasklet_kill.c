// SPDX-License-Identifier: GPL-2.0
/*
 * tasklet_kill() with the lock that the tasklet takes. It may sleep as well.
 */
#include <linux/module.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct crcx {
	spinlock_t lock;
	struct tasklet_struct tasklet;
	u32 sum;
};

static void crcx_run(struct tasklet_struct *t)
{
	struct crcx *c = from_tasklet(c, t, tasklet);

	spin_lock(&c->lock); /* want: wait-under-lock|sleep-in-atomic */
	c->sum = ~c->sum;
	spin_unlock(&c->lock);
}

static ssize_t run_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct crcx *c = dev_get_drvdata(dev);

	tasklet_schedule(&c->tasklet);
	return len;
}
static DEVICE_ATTR_WO(run);

static ssize_t stop_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct crcx *c = dev_get_drvdata(dev);

	spin_lock_bh(&c->lock);
	tasklet_kill(&c->tasklet); /* want: wait-under-lock|sleep-in-atomic */
	c->sum = 0;
	spin_unlock_bh(&c->lock);
	return len;
}
static DEVICE_ATTR_WO(stop);

static int crcx_probe(struct platform_device *pdev)
{
	struct crcx *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	spin_lock_init(&c->lock);
	tasklet_setup(&c->tasklet, crcx_run);
	platform_set_drvdata(pdev, c);
	device_create_file(&pdev->dev, &dev_attr_stop);
	return device_create_file(&pdev->dev, &dev_attr_run);
}

static struct platform_driver crcx_driver = {
	.probe	= crcx_probe,
	.driver	= { .name = "crcx" },
};
module_platform_driver(crcx_driver);
MODULE_LICENSE("GPL");
