// SPDX-License-Identifier: GPL-2.0
/*
 * free_irq() under the mutex that the threaded handler takes.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/mutex.h>

struct accel {
	struct i2c_client *client;
	struct mutex lock;
	s16 x;
};

static irqreturn_t accel_thread(int irq, void *data)
{
	struct accel *a = data;
	int v;

	mutex_lock(&a->lock); /* want: wait-under-lock */
	v = i2c_smbus_read_word_data(a->client, 0x28);
	if (v >= 0)
		a->x = (s16)v;
	mutex_unlock(&a->lock);
	return IRQ_HANDLED;
}

static int accel_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct accel *a = devm_kzalloc(&client->dev, sizeof(*a), GFP_KERNEL);

	if (!a)
		return -ENOMEM;
	a->client = client;
	mutex_init(&a->lock);
	i2c_set_clientdata(client, a);
	return request_threaded_irq(client->irq, NULL, accel_thread,
				    IRQF_ONESHOT, "accelx", a);
}

static void accel_remove(struct i2c_client *client)
{
	struct accel *a = i2c_get_clientdata(client);

	mutex_lock(&a->lock);
	i2c_smbus_write_byte_data(client, 0x20, 0);
	free_irq(client->irq, a); /* want: wait-under-lock */
	mutex_unlock(&a->lock);
}

static struct i2c_driver accel_driver = {
	.driver	= { .name = "accelx" },
	.probe	= accel_probe,
	.remove	= accel_remove,
};
module_i2c_driver(accel_driver);
MODULE_LICENSE("GPL");
