// SPDX-License-Identifier: GPL-2.0
/*
 * The wait hides in a helper, the lock of the work in another.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/pm.h>

struct als {
	struct i2c_client *client;
	struct mutex lock;
	struct delayed_work poll;
	int lux;
};

static int als_measure(struct als *a)
{
	int lux;

	mutex_lock(&a->lock); /* want: wait-under-lock */
	lux = i2c_smbus_read_word_data(a->client, 0xac);
	if (lux >= 0)
		a->lux = lux;
	mutex_unlock(&a->lock);
	return lux;
}

static void als_poll(struct work_struct *work)
{
	struct als *a = container_of(work, struct als, poll.work);

	als_measure(a); /* want: wait-under-lock */
	schedule_delayed_work(&a->poll, HZ);
}

static void als_stop_poll(struct als *a)
{
	cancel_delayed_work_sync(&a->poll); /* want: wait-under-lock */
}

static int als_suspend(struct device *dev)
{
	struct als *a = dev_get_drvdata(dev);
	int ret;

	mutex_lock(&a->lock);
	als_stop_poll(a); /* want: wait-under-lock */
	ret = i2c_smbus_write_byte_data(a->client, 0x80, 0);
	mutex_unlock(&a->lock);
	return ret;
}

static int als_resume(struct device *dev)
{
	struct als *a = dev_get_drvdata(dev);

	schedule_delayed_work(&a->poll, 0);
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(als_pm, als_suspend, als_resume);

static int als_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct als *a = devm_kzalloc(&client->dev, sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->client = client;
	mutex_init(&a->lock);
	INIT_DELAYED_WORK(&a->poll, als_poll);
	i2c_set_clientdata(client, a);
	schedule_delayed_work(&a->poll, HZ);
	return 0;
}

static struct i2c_driver als_driver = {
	.driver	= { .name = "alsx", .pm = &als_pm },
	.probe	= als_probe,
};
module_i2c_driver(als_driver);
MODULE_LICENSE("GPL");
