// SPDX-License-Identifier: GPL-2.0
/*
 * The caller says whether the helper must take the lock; one error path
 * forgets to ask.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct chg {
	struct i2c_client *client;
	struct mutex lock;
	u8 bank;
};

static int chg_select(struct chg *c, u8 bank, bool need_lock)
{
	int ret;

	if (need_lock)
		mutex_lock(&c->lock);

	if (c->bank == bank) {
		ret = 0;
		goto out;
	}
	ret = i2c_smbus_write_byte_data(c->client, 0x7f, bank);
	if (ret < 0)
		return ret; /* want: missing-unlock lock=lock */
	c->bank = bank;
out:
	if (need_lock)
		mutex_unlock(&c->lock);
	return ret;
}

static int chg_read(struct chg *c, u8 bank, u8 reg)
{
	int ret;

	mutex_lock(&c->lock);
	ret = chg_select(c, bank, false);
	if (!ret)
		ret = i2c_smbus_read_byte_data(c->client, reg);
	mutex_unlock(&c->lock);
	return ret;
}

static ssize_t ichg_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int v = chg_read(dev_get_drvdata(dev), 2, 0x14);

	return v < 0 ? v : sysfs_emit(buf, "%d\n", v);
}
static DEVICE_ATTR_RO(ichg);

static int chg_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct chg *c = devm_kzalloc(&client->dev, sizeof(*c), GFP_KERNEL);
	int ret;

	if (!c)
		return -ENOMEM;
	c->client = client;
	mutex_init(&c->lock);
	i2c_set_clientdata(client, c);
	ret = chg_select(c, 1, true);
	return ret ? ret : device_create_file(&client->dev, &dev_attr_ichg);
}

static struct i2c_driver chg_driver = {
	.driver	= { .name = "chgx" },
	.probe	= chg_probe,
};
module_i2c_driver(chg_driver);
MODULE_LICENSE("GPL");
