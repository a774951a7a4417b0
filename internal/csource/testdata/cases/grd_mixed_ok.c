// SPDX-License-Identifier: GPL-2.0
/*
 * Guards: returns inside them, inner scopes, scoped_guard() with return,
 * break and continue, __free(), sleeping under guard(mutex) and after the end
 * of a guard(spinlock)'s scope.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct mix {
	struct mutex lock;
	struct rw_semaphore sem;
	spinlock_t slock;
	u32 n;
	u8 *buf;
};

static irqreturn_t mix_irq(int irq, void *data)
{
	struct mix *m = data;

	guard(spinlock)(&m->slock);
	m->n++;
	return IRQ_HANDLED;
}

static int mix_resize(struct mix *m, size_t len)
{
	u8 *buf __free(kfree) = kzalloc(len, GFP_KERNEL);

	if (!buf)
		return -ENOMEM;
	guard(mutex)(&m->lock);
	if (!len)
		return -EINVAL;
	msleep(1);
	scoped_guard(spinlock_irqsave, &m->slock) {
		if (m->n > 100)
			return -EBUSY;
		m->n = 0;
	}
	msleep(1);
	swap(m->buf, buf);
	return 0;
}

static u32 mix_take(struct mix *m)
{
	u32 n;

	{
		guard(spinlock_irq)(&m->slock);
		n = m->n;
		m->n = 0;
	}
	usleep_range(10, 20);
	return n;
}

static int mix_scan(struct mix *m)
{
	int i, sum = 0;

	for (i = 0; i < 8; i++) {
		guard(rwsem_read)(&m->sem);
		if (!m->buf)
			continue;
		if (m->buf[i] == 0xff)
			break;
		sum += m->buf[i];
	}
	scoped_guard(rwsem_write, &m->sem)
		m->n = sum;
	return sum;
}

static ssize_t n_store(struct device *dev, struct device_attribute *attr,
		       const char *buf, size_t len)
{
	struct mix *m = dev_get_drvdata(dev);
	int ret = mix_resize(m, len);

	return ret ? ret : (ssize_t)len;
}

static ssize_t n_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct mix *m = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u %d\n", mix_take(m), mix_scan(m));
}
static DEVICE_ATTR_RW(n);

static int mix_probe(struct platform_device *pdev)
{
	struct mix *m = devm_kzalloc(&pdev->dev, sizeof(*m), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0), ret;

	if (!m)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	mutex_init(&m->lock);
	init_rwsem(&m->sem);
	spin_lock_init(&m->slock);
	platform_set_drvdata(pdev, m);
	ret = devm_request_irq(&pdev->dev, irq, mix_irq, 0, "mix", m);
	return ret ? ret : device_create_file(&pdev->dev, &dev_attr_n);
}

static struct platform_driver mix_driver = {
	.probe	= mix_probe,
	.driver	= { .name = "mix" },
};
module_platform_driver(mix_driver);
MODULE_LICENSE("GPL");
