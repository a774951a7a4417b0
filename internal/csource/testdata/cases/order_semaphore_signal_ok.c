// SPDX-License-Identifier: GPL-2.0
/*
 * A semaphore that starts at 0 is a counter of events, not a lock: the
 * interrupt handler posts it, the reader takes it and never gives it back.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/semaphore.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>
#include <linux/io.h>

struct evt {
	void __iomem *regs;
	struct semaphore ready;
	spinlock_t lock;
	u32 code;
};

static struct evt *evt;

static irqreturn_t evt_irq(int irq, void *data)
{
	struct evt *e = data;

	spin_lock(&e->lock);
	e->code = readl(e->regs);
	spin_unlock(&e->lock);
	up(&e->ready);
	return IRQ_HANDLED;
}

static ssize_t evt_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	u32 code;

	if (len < sizeof(code))
		return -EINVAL;
	if (down_interruptible(&evt->ready))
		return -ERESTARTSYS;

	spin_lock_irq(&evt->lock);
	code = evt->code;
	spin_unlock_irq(&evt->lock);
	return copy_to_user(buf, &code, sizeof(code)) ? -EFAULT : sizeof(code);
}

static const struct file_operations evt_fops = {
	.owner	= THIS_MODULE,
	.read	= evt_read,
};

static struct miscdevice evt_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "evt",
	.fops	= &evt_fops,
};

static int evt_probe(struct platform_device *pdev)
{
	int irq, ret;

	evt = devm_kzalloc(&pdev->dev, sizeof(*evt), GFP_KERNEL);
	if (!evt)
		return -ENOMEM;
	evt->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(evt->regs))
		return PTR_ERR(evt->regs);
	spin_lock_init(&evt->lock);
	sema_init(&evt->ready, 0);
	irq = platform_get_irq(pdev, 0);
	if (irq < 0)
		return irq;
	ret = devm_request_irq(&pdev->dev, irq, evt_irq, 0, "evt", evt);
	return ret ? ret : misc_register(&evt_misc);
}

static int evt_remove(struct platform_device *pdev)
{
	misc_deregister(&evt_misc);
	return 0;
}

static struct platform_driver evt_driver = {
	.probe	= evt_probe,
	.remove	= evt_remove,
	.driver	= { .name = "evt" },
};
module_platform_driver(evt_driver);
MODULE_LICENSE("GPL");
