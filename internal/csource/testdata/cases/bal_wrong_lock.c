// SPDX-License-Identifier: GPL-2.0
/*
 * Copied from the transmit side: takes rx_lock, releases tx_lock.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct duplex {
	spinlock_t rx_lock;
	spinlock_t tx_lock;
	u32 rx;
	u32 tx;
};

static ssize_t tx_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct duplex *d = dev_get_drvdata(dev);
	u32 n;

	spin_lock(&d->tx_lock);
	n = d->tx;
	spin_unlock(&d->tx_lock);
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(tx);

static ssize_t rx_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct duplex *d = dev_get_drvdata(dev);
	u32 n;

	spin_lock(&d->rx_lock);
	n = d->rx;
	spin_unlock(&d->tx_lock); /* want: unlock-not-held|missing-unlock */
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(rx);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct duplex *d = dev_get_drvdata(dev);

	spin_lock(&d->rx_lock);
	d->rx = 0;
	spin_unlock(&d->rx_lock);
	spin_lock(&d->tx_lock);
	d->tx = 0;
	spin_unlock(&d->tx_lock);
	return len;
}
static DEVICE_ATTR_WO(reset);

static struct attribute *duplex_attrs[] = {
	&dev_attr_rx.attr,
	&dev_attr_tx.attr,
	&dev_attr_reset.attr,
	NULL
};
ATTRIBUTE_GROUPS(duplex);

static int duplex_probe(struct platform_device *pdev)
{
	struct duplex *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	spin_lock_init(&d->rx_lock);
	spin_lock_init(&d->tx_lock);
	platform_set_drvdata(pdev, d);
	return 0;
}

static struct platform_driver duplex_driver = {
	.probe	= duplex_probe,
	.driver	= { .name = "duplex", .dev_groups = duplex_groups },
};
module_platform_driver(duplex_driver);
MODULE_LICENSE("GPL");
