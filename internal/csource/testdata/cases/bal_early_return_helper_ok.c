// SPDX-License-Identifier: GPL-2.0
/*
 * fail() unlocks and passes an error through: `return fail(d, -EIO);` is
 * balanced, and so is a tail that unlocks in a helper.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spi/spi.h>
#include <linux/sysfs.h>

struct nor {
	struct spi_device *spi;
	struct mutex lock;
	u32 erases;
};

static int nor_fail(struct nor *n, int err)
{
	dev_err(&n->spi->dev, "failed: %d\n", err);
	mutex_unlock(&n->lock);
	return err;
}

static int nor_finish(struct nor *n)
{
	n->erases++;
	mutex_unlock(&n->lock);
	return 0;
}

static int nor_erase(struct nor *n, u32 sector)
{
	u8 cmd[4] = { 0xd8, sector >> 16, sector >> 8, sector };
	int ret;

	mutex_lock(&n->lock);
	ret = spi_w8r8(n->spi, 0x05);
	if (ret < 0)
		return nor_fail(n, ret);
	if (ret & 1)
		return nor_fail(n, -EBUSY);
	ret = spi_write(n->spi, cmd, sizeof(cmd));
	if (ret)
		return nor_fail(n, ret);
	return nor_finish(n);
}

static ssize_t erase_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	u32 sector;
	int ret = kstrtou32(buf, 0, &sector);

	if (!ret)
		ret = nor_erase(dev_get_drvdata(dev), sector);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(erase);

static int nor_probe(struct spi_device *spi)
{
	struct nor *n = devm_kzalloc(&spi->dev, sizeof(*n), GFP_KERNEL);

	if (!n)
		return -ENOMEM;
	n->spi = spi;
	mutex_init(&n->lock);
	spi_set_drvdata(spi, n);
	return device_create_file(&spi->dev, &dev_attr_erase);
}

static struct spi_driver nor_driver = {
	.driver	= { .name = "norx" },
	.probe	= nor_probe,
};
module_spi_driver(nor_driver);
MODULE_LICENSE("GPL");
