// SPDX-License-Identifier: GPL-2.0
/*
 * Only a thread handler: it may use mutexes and plain spinlocks. The primary
 * handler of the other interrupt takes no lock.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/sysfs.h>

struct touch {
	struct i2c_client *client;
	struct mutex lock;
	spinlock_t q_lock;
	u16 x, y;
	u32 events;
	atomic_t wakes;
};

static irqreturn_t touch_thread(int irq, void *data)
{
	struct touch *t = data;
	int x;

	mutex_lock(&t->lock);
	x = i2c_smbus_read_word_data(t->client, 0);
	if (x >= 0)
		t->x = x;
	msleep(1);
	mutex_unlock(&t->lock);

	spin_lock(&t->q_lock);
	t->events++;
	spin_unlock(&t->q_lock);
	return IRQ_HANDLED;
}

static irqreturn_t touch_wake(int irq, void *data)
{
	struct touch *t = data;

	atomic_inc(&t->wakes);
	return IRQ_WAKE_THREAD;
}

static ssize_t events_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct touch *t = dev_get_drvdata(dev);
	u32 n;

	spin_lock(&t->q_lock);
	n = t->events;
	spin_unlock(&t->q_lock);
	mutex_lock(&t->lock);
	n += t->x;
	mutex_unlock(&t->lock);
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(events);

static int touch_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct touch *t = devm_kzalloc(&client->dev, sizeof(*t), GFP_KERNEL);
	int ret;

	if (!t)
		return -ENOMEM;
	t->client = client;
	mutex_init(&t->lock);
	spin_lock_init(&t->q_lock);
	i2c_set_clientdata(client, t);
	device_create_file(&client->dev, &dev_attr_events);
	ret = devm_request_threaded_irq(&client->dev, client->irq, NULL, touch_thread,
					IRQF_ONESHOT | IRQF_TRIGGER_FALLING, "touch", t);
	if (ret)
		return ret;
	return devm_request_threaded_irq(&client->dev, client->irq + 1, touch_wake,
					 touch_thread, IRQF_ONESHOT, "touch-wake", t);
}

static struct i2c_driver touch_driver = {
	.driver	= { .name = "touchx" },
	.probe	= touch_probe,
};
module_i2c_driver(touch_driver);
MODULE_LICENSE("GPL");
