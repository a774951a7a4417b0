// SPDX-License-Identifier: GPL-2.0
/*
 * An hrtimer expires in hard interrupt context: _bh does not keep it out.
 */
#include <linux/module.h>
#include <linux/hrtimer.h>
#include <linux/spinlock.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct pwmx {
	struct hrtimer timer;
	spinlock_t lock;
	u32 duty;
	bool level;
};

static enum hrtimer_restart pwmx_edge(struct hrtimer *t)
{
	struct pwmx *p = container_of(t, struct pwmx, timer);

	spin_lock(&p->lock); /* want: irq-unsafe-lock */
	p->level = !p->level;
	hrtimer_forward_now(t, us_to_ktime(p->level ? p->duty : 1000 - p->duty));
	spin_unlock(&p->lock);
	return HRTIMER_RESTART;
}

static ssize_t duty_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct pwmx *p = dev_get_drvdata(dev);
	u32 duty;
	int ret = kstrtou32(buf, 0, &duty);

	if (ret)
		return ret;
	spin_lock_bh(&p->lock); /* want: irq-unsafe-lock */
	p->duty = min(duty, 999u);
	spin_unlock_bh(&p->lock);
	return len;
}
static DEVICE_ATTR_WO(duty);

static int pwmx_probe(struct platform_device *pdev)
{
	struct pwmx *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	spin_lock_init(&p->lock);
	p->duty = 500;
	hrtimer_init(&p->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	p->timer.function = pwmx_edge;
	platform_set_drvdata(pdev, p);
	hrtimer_start(&p->timer, ms_to_ktime(1), HRTIMER_MODE_REL);
	return device_create_file(&pdev->dev, &dev_attr_duty);
}

static int pwmx_remove(struct platform_device *pdev)
{
	struct pwmx *p = platform_get_drvdata(pdev);

	device_remove_file(&pdev->dev, &dev_attr_duty);
	hrtimer_cancel(&p->timer);
	return 0;
}

static struct platform_driver pwmx_driver = {
	.probe	= pwmx_probe,
	.remove	= pwmx_remove,
	.driver	= { .name = "pwmx" },
};
module_platform_driver(pwmx_driver);
MODULE_LICENSE("GPL");
