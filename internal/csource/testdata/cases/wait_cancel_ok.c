// SPDX-License-Identifier: GPL-2.0
/*
 * Waits for work that look wrong and are right: after the unlock, without
 * _sync, with another lock held, or for work that only tries the lock.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

struct flowx {
	struct mutex lock;
	struct mutex cfg_lock;
	struct delayed_work poll;
	struct work_struct try_work;
	u32 n;
	bool stop;
};

static void flowx_poll(struct work_struct *work)
{
	struct flowx *f = container_of(to_delayed_work(work), struct flowx, poll);

	mutex_lock(&f->lock);
	f->n++;
	if (!f->stop)
		schedule_delayed_work(&f->poll, HZ);
	mutex_unlock(&f->lock);
}

static void flowx_try(struct work_struct *work)
{
	struct flowx *f = container_of(work, struct flowx, try_work);

	if (!mutex_trylock(&f->lock)) {
		schedule_work(&f->try_work);
		return;
	}
	f->n += 2;
	mutex_unlock(&f->lock);
}

static ssize_t stop_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct flowx *f = dev_get_drvdata(dev);

	mutex_lock(&f->lock);
	f->stop = true;
	cancel_delayed_work(&f->poll);
	mutex_unlock(&f->lock);
	cancel_delayed_work_sync(&f->poll);

	mutex_lock(&f->cfg_lock);
	flush_delayed_work(&f->poll);
	mutex_unlock(&f->cfg_lock);

	mutex_lock(&f->lock);
	f->stop = false;
	cancel_work_sync(&f->try_work);
	mutex_unlock(&f->lock);
	return len;
}
static DEVICE_ATTR_WO(stop);

static int flowx_probe(struct platform_device *pdev)
{
	struct flowx *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	mutex_init(&f->lock);
	mutex_init(&f->cfg_lock);
	INIT_DELAYED_WORK(&f->poll, flowx_poll);
	INIT_WORK(&f->try_work, flowx_try);
	platform_set_drvdata(pdev, f);
	schedule_delayed_work(&f->poll, HZ);
	schedule_work(&f->try_work);
	return device_create_file(&pdev->dev, &dev_attr_stop);
}

static int flowx_remove(struct platform_device *pdev)
{
	struct flowx *f = platform_get_drvdata(pdev);

	mutex_lock(&f->lock);
	f->stop = true;
	mutex_unlock(&f->lock);
	cancel_delayed_work_sync(&f->poll);
	cancel_work_sync(&f->try_work);
	return 0;
}

static struct platform_driver flowx_driver = {
	.probe	= flowx_probe,
	.remove	= flowx_remove,
	.driver	= { .name = "flowx" },
};
module_platform_driver(flowx_driver);
MODULE_LICENSE("GPL");
