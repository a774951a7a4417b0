// SPDX-License-Identifier: GPL-2.0
/*
 * A helper releases the lock on failure; its caller releases it again.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct amp {
	struct i2c_client *client;
	struct mutex lock;
	u8 gain;
};

static int amp_write(struct amp *a, u8 reg, u8 val)
{
	int ret = i2c_smbus_write_byte_data(a->client, reg, val);

	if (ret < 0) {
		dev_err(&a->client->dev, "write failed\n");
		mutex_unlock(&a->lock); /* want: unlock-not-held */
	}
	return ret;
}

static int amp_set_gain(struct amp *a, u8 gain)
{
	int ret;

	mutex_lock(&a->lock);
	ret = amp_write(a, 0x02, gain);
	if (ret < 0)
		goto out;
	a->gain = gain;
out:
	mutex_unlock(&a->lock); /* want: unlock-not-held */
	return ret;
}

static ssize_t gain_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	u8 gain;
	int ret = kstrtou8(buf, 0, &gain);

	if (!ret)
		ret = amp_set_gain(dev_get_drvdata(dev), gain);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(gain);

static int amp_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct amp *a = devm_kzalloc(&client->dev, sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->client = client;
	mutex_init(&a->lock);
	i2c_set_clientdata(client, a);
	return device_create_file(&client->dev, &dev_attr_gain);
}

static struct i2c_driver amp_driver = {
	.driver	= { .name = "ampx" },
	.probe	= amp_probe,
};
module_i2c_driver(amp_driver);
MODULE_LICENSE("GPL");
