// SPDX-License-Identifier: GPL-2.0
/*
 * Only the timeout path of the transfer calls reset, which takes the lock.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/i2c.h>
#include <linux/platform_device.h>
#include <linux/completion.h>
#include <linux/io.h>

struct xi2c {
	struct i2c_adapter adap;
	void __iomem *base;
	struct mutex hw_lock;
	struct completion done;
	u32 resets;
};

static void xi2c_reset(struct xi2c *x)
{
	mutex_lock(&x->hw_lock); /* want: recursive-lock */
	writel(0x80, x->base);
	x->resets++;
	mutex_unlock(&x->hw_lock);
}

static int xi2c_one(struct xi2c *x, struct i2c_msg *msg)
{
	reinit_completion(&x->done);
	writel(msg->addr << 1, x->base + 4);
	if (!wait_for_completion_timeout(&x->done, HZ / 10)) {
		xi2c_reset(x); /* want: recursive-lock */
		return -ETIMEDOUT;
	}
	return 0;
}

static int xi2c_xfer(struct i2c_adapter *adap, struct i2c_msg *msgs, int num)
{
	struct xi2c *x = i2c_get_adapdata(adap);
	int i, ret = 0;

	mutex_lock(&x->hw_lock);
	for (i = 0; i < num && !ret; i++)
		ret = xi2c_one(x, &msgs[i]); /* want: recursive-lock */
	mutex_unlock(&x->hw_lock);
	return ret ? ret : num;
}

static u32 xi2c_func(struct i2c_adapter *adap)
{
	return I2C_FUNC_I2C;
}

static const struct i2c_algorithm xi2c_algo = {
	.master_xfer	= xi2c_xfer,
	.functionality	= xi2c_func,
};

static int xi2c_probe(struct platform_device *pdev)
{
	struct xi2c *x = devm_kzalloc(&pdev->dev, sizeof(*x), GFP_KERNEL);

	if (!x)
		return -ENOMEM;
	x->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(x->base))
		return PTR_ERR(x->base);
	mutex_init(&x->hw_lock);
	init_completion(&x->done);
	xi2c_reset(x);
	x->adap.algo = &xi2c_algo;
	i2c_set_adapdata(&x->adap, x);
	return devm_i2c_add_adapter(&pdev->dev, &x->adap);
}

static struct platform_driver xi2c_driver = {
	.probe	= xi2c_probe,
	.driver	= { .name = "xi2c" },
};
module_platform_driver(xi2c_driver);
MODULE_LICENSE("GPL");
