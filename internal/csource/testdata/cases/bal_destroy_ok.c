// SPDX-License-Identifier: GPL-2.0
/*
 * The same probe(), which releases before it destroys; remove() takes the
 * lock a last time.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct gauge2 {
	struct mutex mutex;
	struct i2c_client *client;
	u8 *cal;
};

static int gauge2_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct gauge2 *g = kzalloc(sizeof(*g), GFP_KERNEL);
	int ret;

	if (!g)
		return -ENOMEM;
	mutex_init(&g->mutex);
	mutex_lock(&g->mutex);
	g->client = client;
	g->cal = kzalloc(32, GFP_KERNEL);
	if (!g->cal) {
		ret = -ENOMEM;
		goto error;
	}
	ret = i2c_smbus_read_i2c_block_data(client, 0, 32, g->cal);
	if (ret < 0)
		goto error;
	i2c_set_clientdata(client, g);
	mutex_unlock(&g->mutex);
	return 0;

error:
	mutex_unlock(&g->mutex);
	mutex_destroy(&g->mutex);
	kfree(g->cal);
	kfree(g);
	return ret;
}

static void gauge2_remove(struct i2c_client *client)
{
	struct gauge2 *g = i2c_get_clientdata(client);

	mutex_lock(&g->mutex);
	i2c_smbus_write_byte_data(client, 0x10, 0);
	kfree(g->cal);
	g->cal = NULL;
	mutex_unlock(&g->mutex);
	mutex_destroy(&g->mutex);
	kfree(g);
}

static struct i2c_driver gauge2_driver = {
	.driver	= { .name = "gauge2" },
	.probe	= gauge2_probe,
	.remove	= gauge2_remove,
};
module_i2c_driver(gauge2_driver);
MODULE_LICENSE("GPL");
