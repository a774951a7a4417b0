// SPDX-License-Identifier: GPL-2.0
/*
 * Three error paths with three codes; the middle one keeps the lock.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rtc.h>
#include <linux/i2c.h>
#include <linux/bcd.h>

struct rtcq {
	struct i2c_client *client;
	struct mutex lock;
	struct rtc_device *rtc;
};

static int rtcq_read_time(struct device *dev, struct rtc_time *tm)
{
	struct rtcq *r = dev_get_drvdata(dev);
	u8 buf[7];
	int ret;

	mutex_lock(&r->lock);
	ret = i2c_smbus_read_byte_data(r->client, 0x0f);
	if (ret < 0) {
		mutex_unlock(&r->lock);
		return -EIO;
	}
	if (ret & 0x80)
		return -EINVAL; /* want: missing-unlock */

	ret = i2c_smbus_read_i2c_block_data(r->client, 0, sizeof(buf), buf);
	mutex_unlock(&r->lock);
	if (ret != sizeof(buf))
		return -ENXIO;
	tm->tm_sec = bcd2bin(buf[0]);
	tm->tm_min = bcd2bin(buf[1]);
	return 0;
}

static int rtcq_set_time(struct device *dev, struct rtc_time *tm)
{
	struct rtcq *r = dev_get_drvdata(dev);
	int ret;

	mutex_lock(&r->lock);
	ret = i2c_smbus_write_byte_data(r->client, 0, bin2bcd(tm->tm_sec));
	mutex_unlock(&r->lock);
	return ret;
}

static const struct rtc_class_ops rtcq_ops = {
	.read_time	= rtcq_read_time,
	.set_time	= rtcq_set_time,
};

static int rtcq_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct rtcq *r = devm_kzalloc(&client->dev, sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->client = client;
	mutex_init(&r->lock);
	i2c_set_clientdata(client, r);
	r->rtc = devm_rtc_device_register(&client->dev, "rtcq", &rtcq_ops, THIS_MODULE);
	return PTR_ERR_OR_ZERO(r->rtc);
}

static struct i2c_driver rtcq_driver = {
	.driver	= { .name = "rtcq" },
	.probe	= rtcq_probe,
};
module_i2c_driver(rtcq_driver);
MODULE_LICENSE("GPL");
