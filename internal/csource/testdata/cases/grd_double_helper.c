// SPDX-License-Identifier: GPL-2.0
/*
 * A guard, and a helper that takes the same mutex.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct hum {
	struct i2c_client *client;
	struct mutex lock;
	int last;
	bool heater;
};

static int hum_read(struct hum *h)
{
	guard(mutex)(&h->lock); /* want: recursive-lock */
	h->last = i2c_smbus_read_word_data(h->client, 0xe5);
	return h->last;
}

static ssize_t humidity_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	int v = hum_read(dev_get_drvdata(dev));

	return v < 0 ? v : sysfs_emit(buf, "%d\n", v);
}
static DEVICE_ATTR_RO(humidity);

static ssize_t heater_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct hum *h = dev_get_drvdata(dev);
	int ret;

	guard(mutex)(&h->lock);
	h->heater = buf[0] == '1';
	ret = i2c_smbus_write_byte_data(h->client, 0xe6, h->heater);
	if (ret)
		return ret;
	if (h->heater && hum_read(h) < 0) /* want: recursive-lock */
		return -EIO;
	return len;
}
static DEVICE_ATTR_WO(heater);

static struct attribute *hum_attrs[] = {
	&dev_attr_humidity.attr,
	&dev_attr_heater.attr,
	NULL
};
ATTRIBUTE_GROUPS(hum);

static int hum_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct hum *h = devm_kzalloc(&client->dev, sizeof(*h), GFP_KERNEL);

	if (!h)
		return -ENOMEM;
	h->client = client;
	mutex_init(&h->lock);
	i2c_set_clientdata(client, h);
	return 0;
}

static struct i2c_driver hum_driver = {
	.driver	= { .name = "humx", .dev_groups = hum_groups },
	.probe	= hum_probe,
};
module_i2c_driver(hum_driver);
MODULE_LICENSE("GPL");
