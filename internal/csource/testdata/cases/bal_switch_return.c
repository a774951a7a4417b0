// SPDX-License-Identifier: GPL-2.0
/*
 * The default case returns with the lock that was taken above the switch.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/platform_device.h>
#include <linux/watchdog.h>
#include <linux/io.h>

struct wdx {
	struct watchdog_device wdd;
	void __iomem *base;
	spinlock_t lock;
	u32 mode;
};

static long wdx_ioctl(struct watchdog_device *wdd, unsigned int cmd, unsigned long arg)
{
	struct wdx *w = container_of(wdd, struct wdx, wdd);

	spin_lock(&w->lock);
	switch (cmd) {
	case WDIOC_SETOPTIONS:
		w->mode = (u32)arg;
		writel(w->mode, w->base);
		break;
	case WDIOC_KEEPALIVE:
		writel(0x55, w->base + 4);
		break;
	default:
		return -ENOIOCTLCMD; /* want: missing-unlock */
	}
	spin_unlock(&w->lock);
	return 0;
}

static int wdx_start(struct watchdog_device *wdd)
{
	struct wdx *w = container_of(wdd, struct wdx, wdd);

	spin_lock(&w->lock);
	writel(1, w->base);
	spin_unlock(&w->lock);
	return 0;
}

static const struct watchdog_ops wdx_ops = {
	.owner	= THIS_MODULE,
	.start	= wdx_start,
	.ioctl	= wdx_ioctl,
};

static const struct watchdog_info wdx_info = { .identity = "wdx" };

static int wdx_probe(struct platform_device *pdev)
{
	struct wdx *w = devm_kzalloc(&pdev->dev, sizeof(*w), GFP_KERNEL);

	if (!w)
		return -ENOMEM;
	w->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(w->base))
		return PTR_ERR(w->base);
	spin_lock_init(&w->lock);
	w->wdd.ops = &wdx_ops;
	w->wdd.info = &wdx_info;
	return devm_watchdog_register_device(&pdev->dev, &w->wdd);
}

static struct platform_driver wdx_driver = {
	.probe	= wdx_probe,
	.driver	= { .name = "wdx" },
};
module_platform_driver(wdx_driver);
MODULE_LICENSE("GPL");
