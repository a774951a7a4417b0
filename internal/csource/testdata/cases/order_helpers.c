// SPDX-License-Identifier: GPL-2.0
/*
 * Both second acquisitions hide two calls deep.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/mutex.h>
#include <linux/sysfs.h>

struct thermo {
	struct i2c_client *client;
	struct mutex xfer_lock;
	struct mutex cal_lock;
	int offset;
	int last;
};

static int thermo_offset(struct thermo *t)
{
	int off;

	mutex_lock(&t->cal_lock); /* want: lock-order-inversion */
	off = t->offset;
	mutex_unlock(&t->cal_lock);
	return off;
}

static int thermo_convert(struct thermo *t, int raw)
{
	return raw * 10 + thermo_offset(t);
}

static int thermo_read_raw(struct thermo *t)
{
	int ret;

	mutex_lock(&t->xfer_lock); /* want: lock-order-inversion */
	ret = i2c_smbus_read_word_data(t->client, 0x10);
	mutex_unlock(&t->xfer_lock);
	return ret;
}

static int thermo_reference(struct thermo *t)
{
	int a = thermo_read_raw(t);

	return a < 0 ? a : a / 2;
}

static ssize_t temp_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct thermo *t = dev_get_drvdata(dev);
	int raw;

	mutex_lock(&t->xfer_lock);
	raw = i2c_smbus_read_word_data(t->client, 0x11);
	if (raw >= 0)
		t->last = thermo_convert(t, raw); /* want: lock-order-inversion */
	mutex_unlock(&t->xfer_lock);
	return raw < 0 ? raw : sysfs_emit(buf, "%d\n", t->last);
}
static DEVICE_ATTR_RO(temp);

static ssize_t calibrate_store(struct device *dev, struct device_attribute *attr,
			       const char *buf, size_t len)
{
	struct thermo *t = dev_get_drvdata(dev);
	int ref;

	mutex_lock(&t->cal_lock);
	ref = thermo_reference(t); /* want: lock-order-inversion */
	if (ref >= 0)
		t->offset = ref;
	mutex_unlock(&t->cal_lock);
	return ref < 0 ? ref : len;
}
static DEVICE_ATTR_WO(calibrate);

static struct attribute *thermo_attrs[] = {
	&dev_attr_temp.attr,
	&dev_attr_calibrate.attr,
	NULL
};
ATTRIBUTE_GROUPS(thermo);

static int thermo_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct thermo *t = devm_kzalloc(&client->dev, sizeof(*t), GFP_KERNEL);

	if (!t)
		return -ENOMEM;
	t->client = client;
	mutex_init(&t->xfer_lock);
	mutex_init(&t->cal_lock);
	i2c_set_clientdata(client, t);
	return 0;
}

static struct i2c_driver thermo_driver = {
	.driver	= { .name = "thermo", .dev_groups = thermo_groups },
	.probe	= thermo_probe,
};
module_i2c_driver(thermo_driver);
MODULE_LICENSE("GPL");
