// SPDX-License-Identifier: GPL-2.0
/*
 * A macro that hides a return is used between lock and unlock.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/sysfs.h>

struct rtcm {
	struct i2c_client *client;
	struct mutex lock;
	u8 ctrl;
};

#define CHECK(expr)				\
do {						\
	int __err = (expr);			\
						\
	if (__err < 0)				\
		return __err;			\
} while (0)

static int rtcm_set_ctrl(struct rtcm *r, u8 ctrl)
{
	CHECK(i2c_smbus_read_byte_data(r->client, 0x0f));

	mutex_lock(&r->lock);
	CHECK(i2c_smbus_write_byte_data(r->client, 0x0e, ctrl)); /* want: missing-unlock */
	r->ctrl = ctrl;
	mutex_unlock(&r->lock);
	return 0;
}

static ssize_t ctrl_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	u8 v;
	int ret = kstrtou8(buf, 0, &v);

	if (!ret)
		ret = rtcm_set_ctrl(dev_get_drvdata(dev), v);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(ctrl);

static int rtcm_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct rtcm *r = devm_kzalloc(&client->dev, sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->client = client;
	mutex_init(&r->lock);
	i2c_set_clientdata(client, r);
	return device_create_file(&client->dev, &dev_attr_ctrl);
}

static struct i2c_driver rtcm_driver = {
	.driver	= { .name = "rtcm" },
	.probe	= rtcm_probe,
};
module_i2c_driver(rtcm_driver);
MODULE_LICENSE("GPL");
