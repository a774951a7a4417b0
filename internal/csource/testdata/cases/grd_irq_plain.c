// SPDX-License-Identifier: GPL-2.0
/*
 * guard(spinlock) in process context, for a lock of the interrupt handler.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/spinlock.h>
#include <linux/interrupt.h>
#include <linux/platform_device.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/io.h>

struct scaler {
	void __iomem *regs;
	spinlock_t lock;
	u32 frames;
};

static struct scaler *scaler;

static irqreturn_t scaler_irq(int irq, void *data)
{
	struct scaler *s = data;

	scoped_guard(spinlock, &s->lock) /* want: irq-unsafe-lock */
		s->frames += readl(s->regs);
	return IRQ_HANDLED;
}

static long scaler_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case _IO('S', 1): {
		guard(spinlock)(&scaler->lock); /* want: irq-unsafe-lock */
		return scaler->frames;
	}
	case _IO('S', 2): {
		guard(spinlock_irq)(&scaler->lock);
		scaler->frames = 0;
		return 0;
	}
	}
	return -ENOTTY;
}

static const struct file_operations scaler_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= scaler_ioctl,
};

static struct miscdevice scaler_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "scaler",
	.fops	= &scaler_fops,
};

static int scaler_probe(struct platform_device *pdev)
{
	int irq = platform_get_irq(pdev, 0), ret;

	if (irq < 0)
		return irq;
	scaler = devm_kzalloc(&pdev->dev, sizeof(*scaler), GFP_KERNEL);
	if (!scaler)
		return -ENOMEM;
	spin_lock_init(&scaler->lock);
	scaler->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(scaler->regs))
		return PTR_ERR(scaler->regs);
	ret = devm_request_irq(&pdev->dev, irq, scaler_irq, 0, "scaler", scaler);
	return ret ? ret : misc_register(&scaler_misc);
}

static struct platform_driver scaler_driver = {
	.probe	= scaler_probe,
	.driver	= { .name = "scaler" },
};
module_platform_driver(scaler_driver);
MODULE_LICENSE("GPL");
