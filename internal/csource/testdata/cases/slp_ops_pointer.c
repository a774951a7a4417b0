// SPDX-License-Identifier: GPL-2.0
/*
 * A bus operation is called through a table under a spinlock; one of its two
 * implementations sleeps.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/spi/spi.h>
#include <linux/io.h>
#include <linux/sysfs.h>

struct dio;

struct dio_bus {
	int (*write)(struct dio *d, u8 reg, u8 val);
};

struct dio {
	const struct dio_bus *bus;
	struct spi_device *spi;
	void __iomem *base;
	spinlock_t lock;
	u8 out;
};

static int dio_mmio_write(struct dio *d, u8 reg, u8 val)
{
	writeb(val, d->base + reg);
	return 0;
}

static int dio_spi_write(struct dio *d, u8 reg, u8 val)
{
	u8 buf[2] = { reg, val };

	return spi_write(d->spi, buf, sizeof(buf)); /* want: sleep-in-atomic */
}

static const struct dio_bus dio_mmio_bus = { .write = dio_mmio_write };
static const struct dio_bus dio_spi_bus = { .write = dio_spi_write };

static ssize_t out_store(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t len)
{
	struct dio *d = dev_get_drvdata(dev);
	int ret;

	spin_lock(&d->lock);
	d->out = buf[0];
	ret = d->bus->write(d, 3, d->out); /* want: sleep-in-atomic */
	spin_unlock(&d->lock);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(out);

static int dio_probe(struct spi_device *spi)
{
	struct dio *d = devm_kzalloc(&spi->dev, sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->spi = spi;
	d->bus = spi->max_speed_hz ? &dio_spi_bus : &dio_mmio_bus;
	spin_lock_init(&d->lock);
	spi_set_drvdata(spi, d);
	return device_create_file(&spi->dev, &dev_attr_out);
}

static struct spi_driver dio_driver = {
	.driver	= { .name = "dio" },
	.probe	= dio_probe,
};
module_spi_driver(dio_driver);
MODULE_LICENSE("GPL");
