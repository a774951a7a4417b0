// SPDX-License-Identifier: GPL-2.0
/*
 * probe() holds its mutex until the LEDs are registered; one error path
 * destroys the mutex without having released it.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/leds.h>
#include <linux/mutex.h>
#include <linux/regulator/consumer.h>

struct ledchip {
	struct mutex mutex;
	struct i2c_client *client;
	struct regulator *vcc;
	struct led_classdev led;
};

static int ledchip_set(struct led_classdev *led, enum led_brightness b)
{
	struct ledchip *c = container_of(led, struct ledchip, led);
	int ret;

	mutex_lock(&c->mutex);
	ret = i2c_smbus_write_byte_data(c->client, 0x34, b);
	mutex_unlock(&c->mutex);
	return ret;
}

static int ledchip_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct ledchip *c = devm_kzalloc(&client->dev, sizeof(*c), GFP_KERNEL);
	int ret;

	if (!c)
		return -ENOMEM;
	mutex_init(&c->mutex);
	mutex_lock(&c->mutex);
	c->client = client;
	i2c_set_clientdata(client, c);
	c->vcc = devm_regulator_get(&client->dev, "vcc");
	ret = PTR_ERR_OR_ZERO(c->vcc);
	if (ret)
		goto error;
	ret = regulator_enable(c->vcc);
	if (ret)
		goto error;
	c->led.name = "ledchip";
	c->led.brightness_set_blocking = ledchip_set;
	ret = devm_led_classdev_register(&client->dev, &c->led);
	if (ret < 0)
		goto error_reg;
	mutex_unlock(&c->mutex);
	return 0;

error_reg:
	regulator_disable(c->vcc);
error:
	mutex_destroy(&c->mutex); /* want: missing-unlock */
	return ret; /* want: missing-unlock */
}

static struct i2c_driver ledchip_driver = {
	.driver	= { .name = "ledchip" },
	.probe	= ledchip_probe,
};
module_i2c_driver(ledchip_driver);
MODULE_LICENSE("GPL");
