// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt handler that talks to the chip over I2C, which sleeps: it had
 * to be a threaded one.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/input.h>

struct keys {
	struct i2c_client *client;
	struct input_dev *input;
	u8 last;
};

static int keys_read(struct keys *k, u8 reg)
{
	return i2c_smbus_read_byte_data(k->client, reg); /* want: sleep-in-atomic */
}

static irqreturn_t keys_irq(int irq, void *data)
{
	struct keys *k = data;
	int v = keys_read(k, 0x20); /* want: sleep-in-atomic */

	if (v < 0)
		return IRQ_NONE;
	input_report_key(k->input, KEY_A, v & 1);
	input_sync(k->input);
	k->last = v;
	return IRQ_HANDLED;
}

static int keys_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct keys *k = devm_kzalloc(&client->dev, sizeof(*k), GFP_KERNEL);
	int ret;

	if (!k)
		return -ENOMEM;
	k->client = client;
	k->input = devm_input_allocate_device(&client->dev);
	if (!k->input)
		return -ENOMEM;
	input_set_capability(k->input, EV_KEY, KEY_A);
	ret = keys_read(k, 0);
	if (ret < 0)
		return ret;
	ret = input_register_device(k->input);
	if (ret)
		return ret;
	return devm_request_irq(&client->dev, client->irq, keys_irq,
				IRQF_TRIGGER_FALLING, "keysx", k);
}

static struct i2c_driver keys_driver = {
	.driver	= { .name = "keysx" },
	.probe	= keys_probe,
};
module_i2c_driver(keys_driver);
MODULE_LICENSE("GPL");
