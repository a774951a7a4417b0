// SPDX-License-Identifier: GPL-2.0
/*
 * The caller says whether the helper must take the lock; the helper asks the
 * same question before each release.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct pmu {
	struct i2c_client *client;
	struct mutex lock;
	u8 page;
};

static int pmu_select(struct pmu *p, u8 page, bool need_lock)
{
	int ret = 0;

	if (need_lock)
		mutex_lock(&p->lock);

	if (p->page != page) {
		ret = i2c_smbus_write_byte_data(p->client, 0, page);
		if (ret < 0) {
			if (need_lock)
				mutex_unlock(&p->lock);
			return ret;
		}
		p->page = page;
	}

	if (need_lock)
		mutex_unlock(&p->lock);
	return ret;
}

static int pmu_read(struct pmu *p, u8 page, u8 reg)
{
	int ret;

	mutex_lock(&p->lock);
	ret = pmu_select(p, page, false);
	if (!ret)
		ret = i2c_smbus_read_byte_data(p->client, reg);
	mutex_unlock(&p->lock);
	return ret;
}

static ssize_t vout_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int v = pmu_read(dev_get_drvdata(dev), 1, 0x8b);

	return v < 0 ? v : sysfs_emit(buf, "%d\n", v);
}
static DEVICE_ATTR_RO(vout);

static int pmu_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct pmu *p = devm_kzalloc(&client->dev, sizeof(*p), GFP_KERNEL);
	int ret;

	if (!p)
		return -ENOMEM;
	p->client = client;
	p->page = 0xff;
	mutex_init(&p->lock);
	i2c_set_clientdata(client, p);
	ret = pmu_select(p, 0, true);
	return ret ? ret : device_create_file(&client->dev, &dev_attr_vout);
}

static struct i2c_driver pmu_driver = {
	.driver	= { .name = "pmux" },
	.probe	= pmu_probe,
};
module_i2c_driver(pmu_driver);
MODULE_LICENSE("GPL");
