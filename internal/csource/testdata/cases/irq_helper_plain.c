// SPDX-License-Identifier: GPL-2.0
/*
 * A helper with a plain lock is called by the handler, where that is right,
 * and by an ioctl without interrupts off, where it is not.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/io.h>

struct grab {
	void __iomem *regs;
	spinlock_t lock;
	u32 fields;
	u32 dropped;
};

static struct grab *grab;

static u32 grab_read_field(struct grab *g)
{
	u32 v;

	spin_lock(&g->lock); /* want: irq-unsafe-lock */
	v = readl(g->regs);
	g->fields++;
	spin_unlock(&g->lock);
	return v;
}

static irqreturn_t grab_irq(int irq, void *data)
{
	return grab_read_field(data) ? IRQ_HANDLED : IRQ_NONE; /* want: irq-unsafe-lock */
}

static long grab_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	unsigned long flags;
	u32 v;

	if (cmd == _IO('G', 1)) {
		local_irq_save(flags);
		v = grab_read_field(grab);
		local_irq_restore(flags);
		return v & 0xff;
	}
	return grab_read_field(grab) & 0xff; /* want: irq-unsafe-lock */
}

static const struct file_operations grab_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= grab_ioctl,
};

static struct miscdevice grab_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "grab",
	.fops	= &grab_fops,
};

static int grab_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	grab = devm_kzalloc(&pdev->dev, sizeof(*grab), GFP_KERNEL);
	if (!grab)
		return -ENOMEM;
	spin_lock_init(&grab->lock);
	grab->regs = pcim_iomap(pdev, 0, 0);
	ret = devm_request_irq(&pdev->dev, pdev->irq, grab_irq, IRQF_SHARED, "grab", grab);
	return ret ? ret : misc_register(&grab_misc);
}

static void grab_remove(struct pci_dev *pdev)
{
	misc_deregister(&grab_misc);
}

static const struct pci_device_id grab_ids[] = {
	{ PCI_DEVICE(0x109e, 0x0350) },
	{ }
};

static struct pci_driver grab_driver = {
	.name		= "grab",
	.id_table	= grab_ids,
	.probe		= grab_probe,
	.remove		= grab_remove,
};
module_pci_driver(grab_driver);
MODULE_LICENSE("GPL");
