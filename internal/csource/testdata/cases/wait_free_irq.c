// SPDX-License-Identifier: GPL-2.0
/*
 * disable_irq() waits for the handler, which spins on the lock that its
 * caller holds.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/interrupt.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct daq {
	int irq;
	spinlock_t lock;
	u32 samples;
	bool off;
};

static struct daq daq;

static irqreturn_t daq_irq(int irq, void *data)
{
	struct daq *d = data;

	spin_lock(&d->lock); /* want: wait-under-lock */
	d->samples++;
	spin_unlock(&d->lock);
	return IRQ_HANDLED;
}

static long daq_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	unsigned long flags;

	spin_lock_irqsave(&daq.lock, flags);
	if (!daq.off) {
		disable_irq(daq.irq); /* want: wait-under-lock */
		daq.off = true;
	} /* may: sleep-in-atomic */
	daq.samples = 0;
	spin_unlock_irqrestore(&daq.lock, flags);
	return 0;
}

static const struct file_operations daq_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= daq_ioctl,
};

static struct miscdevice daq_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "daq",
	.fops	= &daq_fops,
};

static int daq_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret = pcim_enable_device(pdev);

	if (ret)
		return ret;
	spin_lock_init(&daq.lock);
	daq.irq = pdev->irq;
	ret = devm_request_irq(&pdev->dev, pdev->irq, daq_irq, 0, "daq", &daq);
	return ret ? ret : misc_register(&daq_misc);
}

static void daq_remove(struct pci_dev *pdev)
{
	misc_deregister(&daq_misc);
}

static const struct pci_device_id daq_ids[] = {
	{ PCI_DEVICE(0x1307, 0x0001) },
	{ }
};

static struct pci_driver daq_driver = {
	.name		= "daq",
	.id_table	= daq_ids,
	.probe		= daq_probe,
	.remove		= daq_remove,
};
module_pci_driver(daq_driver);
MODULE_LICENSE("GPL");
