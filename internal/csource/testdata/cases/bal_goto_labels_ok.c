// SPDX-License-Identifier: GPL-2.0
/*
 * Unwinding through four labels; each jump leaves exactly what is held.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/dma-mapping.h>
#include <linux/clk.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct fifo_dev {
	struct device *dev;
	struct mutex cfg_lock;
	struct mutex hw_lock;
	struct clk *clk;
	void *ring;
	dma_addr_t ring_dma;
};

static int fifo_start(struct fifo_dev *f, size_t size)
{
	u32 *desc;
	int ret;

	if (!size)
		return -EINVAL;

	mutex_lock(&f->cfg_lock);
	if (f->ring) {
		ret = -EBUSY;
		goto err_cfg;
	}
	desc = kcalloc(16, sizeof(*desc), GFP_KERNEL);
	if (!desc) {
		ret = -ENOMEM;
		goto err_cfg;
	}

	ret = mutex_lock_interruptible(&f->hw_lock);
	if (ret)
		goto err_desc;
	ret = clk_prepare_enable(f->clk);
	if (ret)
		goto err_hw;
	f->ring = dma_alloc_coherent(f->dev, size, &f->ring_dma, GFP_KERNEL);
	if (!f->ring) {
		ret = -ENOMEM;
		goto err_clk;
	}
	mutex_unlock(&f->hw_lock);
	mutex_unlock(&f->cfg_lock);
	kfree(desc);
	return 0;

err_clk:
	clk_disable_unprepare(f->clk);
err_hw:
	mutex_unlock(&f->hw_lock);
err_desc:
	kfree(desc);
err_cfg:
	mutex_unlock(&f->cfg_lock);
	return ret;
}

static ssize_t start_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	int ret = fifo_start(dev_get_drvdata(dev), len);

	return ret ? ret : len;
}
static DEVICE_ATTR_WO(start);

static int fifo_probe(struct platform_device *pdev)
{
	struct fifo_dev *f = devm_kzalloc(&pdev->dev, sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->dev = &pdev->dev;
	mutex_init(&f->cfg_lock);
	mutex_init(&f->hw_lock);
	f->clk = devm_clk_get(&pdev->dev, NULL);
	if (IS_ERR(f->clk))
		return PTR_ERR(f->clk);
	platform_set_drvdata(pdev, f);
	return device_create_file(&pdev->dev, &dev_attr_start);
}

static struct platform_driver fifo_driver = {
	.probe	= fifo_probe,
	.driver	= { .name = "fifo" },
};
module_platform_driver(fifo_driver);
MODULE_LICENSE("GPL");
