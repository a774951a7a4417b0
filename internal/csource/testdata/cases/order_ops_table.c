// SPDX-License-Identifier: GPL-2.0
/*
 * The core calls codec_ops.set_rate under card->lock; the codec's irq thread
 * calls back into the core with codec->lock held.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct codec;

struct codec_ops {
	int (*set_rate)(struct codec *c, unsigned int rate);
	void (*mute)(struct codec *c);
};

struct card {
	struct mutex lock;
	struct codec *codec;
	unsigned int rate;
	int jacks;
};

struct codec {
	struct mutex lock;
	const struct codec_ops *ops;
	struct card *card;
	unsigned int div;
};

static int card_set_rate(struct card *card, unsigned int rate)
{
	int ret;

	mutex_lock(&card->lock);
	ret = card->codec->ops->set_rate(card->codec, rate); /* want: lock-order-inversion */
	if (!ret)
		card->rate = rate;
	mutex_unlock(&card->lock);
	return ret;
}

static void card_report_jack(struct card *card, int jacks)
{
	mutex_lock(&card->lock); /* want: lock-order-inversion */
	card->jacks = jacks;
	mutex_unlock(&card->lock);
}

static int wm_set_rate(struct codec *c, unsigned int rate)
{
	if (!rate)
		return -EINVAL;
	mutex_lock(&c->lock); /* want: lock-order-inversion */
	c->div = 12288000 / rate;
	mutex_unlock(&c->lock);
	return 0;
}

static const struct codec_ops wm_ops = {
	.set_rate	= wm_set_rate,
};

static irqreturn_t wm_jack_thread(int irq, void *data)
{
	struct codec *c = data;

	mutex_lock(&c->lock);
	card_report_jack(c->card, c->div & 1); /* want: lock-order-inversion */
	mutex_unlock(&c->lock);
	return IRQ_HANDLED;
}

static ssize_t rate_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct card *card = dev_get_drvdata(dev);
	unsigned int rate;
	int ret = kstrtouint(buf, 0, &rate);

	if (!ret)
		ret = card_set_rate(card, rate);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(rate);

static int wm_probe(struct platform_device *pdev)
{
	struct card *card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	struct codec *c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!card || !c)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	mutex_init(&card->lock);
	mutex_init(&c->lock);
	c->ops = &wm_ops;
	c->card = card;
	card->codec = c;
	platform_set_drvdata(pdev, card);
	device_create_file(&pdev->dev, &dev_attr_rate);
	return devm_request_threaded_irq(&pdev->dev, irq, NULL, wm_jack_thread,
					 IRQF_ONESHOT, "wm", c);
}

static struct platform_driver wm_driver = {
	.probe	= wm_probe,
	.driver	= { .name = "wm-card" },
};
module_platform_driver(wm_driver);
MODULE_LICENSE("GPL");
