// SPDX-License-Identifier: GPL-2.0
/*
 * down() twice in one thread of a semaphore that counts to one.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct plotter {
	struct semaphore pen;
	int x, y;
};

static void plotter_lift(struct plotter *p)
{
	down(&p->pen); /* want: recursive-lock */
	p->y = 0;
	up(&p->pen);
}

static int plotter_move(struct plotter *p, int x)
{
	if (down_interruptible(&p->pen))
		return -ERESTARTSYS;
	if (x < 0) {
		plotter_lift(p); /* want: recursive-lock */
		up(&p->pen);
		return -ERANGE;
	}
	p->x = x;
	up(&p->pen);
	return 0;
}

static ssize_t x_store(struct device *dev, struct device_attribute *attr,
		       const char *buf, size_t len)
{
	int x, ret = kstrtoint(buf, 0, &x);

	if (!ret)
		ret = plotter_move(dev_get_drvdata(dev), x);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(x);

static int plotter_probe(struct platform_device *pdev)
{
	struct plotter *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	sema_init(&p->pen, 1);
	platform_set_drvdata(pdev, p);
	plotter_lift(p);
	return device_create_file(&pdev->dev, &dev_attr_x);
}

static struct platform_driver plotter_driver = {
	.probe	= plotter_probe,
	.driver	= { .name = "plotter" },
};
module_platform_driver(plotter_driver);
MODULE_LICENSE("GPL");
