// SPDX-License-Identifier: GPL-2.0
/*
 * A threaded handler cancels delayed work under the mutex that this work
 * takes; which of two handlers is used depends on the chip.
 */
#include <linux/module.h>
#include <linux/i2c.h>
#include <linux/interrupt.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>

struct jackd {
	struct i2c_client *client;
	struct mutex accdet_lock;
	struct delayed_work mic_work;
	bool present;
	bool mic;
};

static void jackd_mic_work(struct work_struct *work)
{
	struct jackd *j = container_of(work, struct jackd, mic_work.work);

	mutex_lock(&j->accdet_lock); /* want: wait-under-lock */
	j->mic = j->present;
	mutex_unlock(&j->accdet_lock);
}

static irqreturn_t jackd_old_irq(int irq, void *data)
{
	struct jackd *j = data;

	schedule_delayed_work(&j->mic_work, HZ / 4);
	return IRQ_HANDLED;
}

static irqreturn_t jackd_new_irq(int irq, void *data)
{
	struct jackd *j = data;
	int v;

	mutex_lock(&j->accdet_lock);
	v = i2c_smbus_read_byte_data(j->client, 0x40);
	if (v < 0) {
		mutex_unlock(&j->accdet_lock);
		return IRQ_NONE;
	}
	j->present = v & 1;
	if (j->present)
		schedule_delayed_work(&j->mic_work, HZ / 4);
	else
		cancel_delayed_work_sync(&j->mic_work); /* want: wait-under-lock */
	mutex_unlock(&j->accdet_lock);
	return IRQ_HANDLED;
}

static int jackd_probe(struct i2c_client *client, const struct i2c_device_id *id)
{
	struct jackd *j = devm_kzalloc(&client->dev, sizeof(*j), GFP_KERNEL);
	irq_handler_t fn;

	if (!j)
		return -ENOMEM;
	j->client = client;
	mutex_init(&j->accdet_lock);
	INIT_DELAYED_WORK(&j->mic_work, jackd_mic_work);
	if (id->driver_data)
		return devm_request_threaded_irq(&client->dev, client->irq, NULL, jackd_new_irq,
						 IRQF_ONESHOT, "jackd", j);
	fn = jackd_old_irq;
	return devm_request_threaded_irq(&client->dev, client->irq, NULL, fn,
					 IRQF_ONESHOT, "jackd", j);
}

static struct i2c_driver jackd_driver = {
	.driver	= { .name = "jackd" },
	.probe	= jackd_probe,
};
module_i2c_driver(jackd_driver);
MODULE_LICENSE("GPL");
