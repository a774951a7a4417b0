// SPDX-License-Identifier: GPL-2.0
/*
 * One of the error paths jumps past the label that releases the lock.
 */
#include <linux/module.h>
#include <linux/spi/spi.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

struct adcs {
	struct spi_device *spi;
	struct mutex lock;
	u8 gain;
};

static int adcs_burst(struct adcs *a, u8 chan)
{
	u8 *tx, *rx;
	int ret = -ENOMEM;

	tx = kzalloc(8, GFP_KERNEL);
	if (!tx)
		return ret;
	rx = kzalloc(8, GFP_KERNEL);
	if (!rx)
		goto free_tx;

	mutex_lock(&a->lock);
	tx[0] = chan | a->gain;
	ret = spi_write(a->spi, tx, 8);
	if (ret)
		goto unlock;
	ret = spi_read(a->spi, rx, 8);
	if (ret)
		goto free_rx;
	ret = rx[0];
unlock:
	mutex_unlock(&a->lock);
free_rx:
	kfree(rx);
free_tx:
	kfree(tx);
	return ret; /* want: missing-unlock */
}

static ssize_t in0_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int v = adcs_burst(dev_get_drvdata(dev), 0);

	return v < 0 ? v : sysfs_emit(buf, "%d\n", v);
}
static DEVICE_ATTR_RO(in0);

static int adcs_probe(struct spi_device *spi)
{
	struct adcs *a = devm_kzalloc(&spi->dev, sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->spi = spi;
	mutex_init(&a->lock);
	spi_set_drvdata(spi, a);
	return device_create_file(&spi->dev, &dev_attr_in0);
}

static struct spi_driver adcs_driver = {
	.driver	= { .name = "adcs" },
	.probe	= adcs_probe,
};
module_spi_driver(adcs_driver);
MODULE_LICENSE("GPL");
