// SPDX-License-Identifier: GPL-2.0
/*
 * A raw notifier chain called under the chain owner's mutex; a client calls
 * the owner with its own mutex held.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>

static DEFINE_MUTEX(vreg_lock);
static RAW_NOTIFIER_HEAD(vreg_chain);
static int vreg_uv = 1800000;

struct vcam {
	struct mutex lock;
	struct notifier_block nb;
	bool streaming;
	int uv;
};

static int vreg_set(int uv)
{
	int ret;

	mutex_lock(&vreg_lock);
	ret = raw_notifier_call_chain(&vreg_chain, 1, &uv); /* want: lock-order-inversion */
	if (ret != NOTIFY_BAD)
		vreg_uv = uv;
	mutex_unlock(&vreg_lock);
	return ret == NOTIFY_BAD ? -EBUSY : 0;
}

static int vreg_get(void)
{
	int uv;

	mutex_lock(&vreg_lock); /* want: lock-order-inversion */
	uv = vreg_uv;
	mutex_unlock(&vreg_lock);
	return uv;
}

static int vcam_event(struct notifier_block *nb, unsigned long event, void *data)
{
	struct vcam *cam = container_of(nb, struct vcam, nb);
	int ret = NOTIFY_OK;

	mutex_lock(&cam->lock); /* want: lock-order-inversion */
	if (cam->streaming)
		ret = NOTIFY_BAD;
	mutex_unlock(&cam->lock);
	return ret;
}

static ssize_t stream_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct vcam *cam = dev_get_drvdata(dev);

	mutex_lock(&cam->lock);
	cam->uv = vreg_get(); /* want: lock-order-inversion */
	cam->streaming = buf[0] == '1';
	mutex_unlock(&cam->lock);
	return len;
}
static DEVICE_ATTR_WO(stream);

static ssize_t uv_store(struct device *dev, struct device_attribute *attr,
			const char *buf, size_t len)
{
	int uv, ret = kstrtoint(buf, 0, &uv);

	if (!ret)
		ret = vreg_set(uv);
	return ret ? ret : len;
}
static DEVICE_ATTR_WO(uv);

static int vcam_probe(struct platform_device *pdev)
{
	struct vcam *cam = devm_kzalloc(&pdev->dev, sizeof(*cam), GFP_KERNEL);

	if (!cam)
		return -ENOMEM;
	mutex_init(&cam->lock);
	cam->nb.notifier_call = vcam_event;
	platform_set_drvdata(pdev, cam);
	mutex_lock(&vreg_lock);
	raw_notifier_chain_register(&vreg_chain, &cam->nb);
	mutex_unlock(&vreg_lock);
	device_create_file(&pdev->dev, &dev_attr_uv);
	return device_create_file(&pdev->dev, &dev_attr_stream);
}

static struct platform_driver vcam_driver = {
	.probe	= vcam_probe,
	.driver	= { .name = "vcam" },
};
module_platform_driver(vcam_driver);
MODULE_LICENSE("GPL");
