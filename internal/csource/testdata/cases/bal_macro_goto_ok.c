// SPDX-License-Identifier: GPL-2.0
/*
 * Macros that hide the lock, a goto and a return; every path is balanced.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct dacx {
	struct i2c_client *client;
	struct mutex lock;
	bool ready;
	u16 value;
};

#define dacx_enter(d)				\
do {						\
	mutex_lock(&(d)->lock);			\
} while (0)

#define dacx_leave(d)				\
do {						\
	mutex_unlock(&(d)->lock);		\
} while (0)

#define TRY(expr)				\
do {						\
	ret = (expr);				\
	if (ret < 0)				\
		goto out;			\
} while (0)

#define RETURN_IF_NOT_READY(d)			\
do {						\
	if (!(d)->ready)			\
		return -ENODEV;			\
} while (0)

static int dacx_set(struct dacx *d, u16 value)
{
	int ret;

	RETURN_IF_NOT_READY(d);
	dacx_enter(d);
	TRY(i2c_smbus_write_byte_data(d->client, 0, value >> 8));
	TRY(i2c_smbus_write_byte_data(d->client, 1, value & 0xff));
	d->value = value;
	ret = 0;
out:
	dacx_leave(d);
	return ret;
}

static ssize_t value_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	u16 v;
	int ret = kstrtou16(buf, 0, &v);

	if (!ret)
		ret = dacx_set(dev_get_drvdata(dev), v);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(value);

static int dacx_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct dacx *d = devm_kzalloc(&client->dev, sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	d->client = client;
	mutex_init(&d->lock);
	d->ready = true;
	i2c_set_clientdata(client, d);
	return device_create_file(&client->dev, &dev_attr_value);
}

static struct i2c_driver dacx_driver = {
	.driver	= { .name = "dacx" },
	.probe	= dacx_probe,
};
module_i2c_driver(dacx_driver);
MODULE_LICENSE("GPL");
