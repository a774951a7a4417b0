// SPDX-License-Identifier: GPL-2.0
/*
 * spin_lock_bh() keeps softirqs away, not the interrupt handler.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/io.h>

struct ethx {
	void __iomem *regs;
	spinlock_t lock;
	u32 mask;
	u64 errors;
};

static irqreturn_t ethx_irq(int irq, void *data)
{
	struct net_device *ndev = data;
	struct ethx *x = netdev_priv(ndev);
	u32 st = readl(x->regs);

	if (!st)
		return IRQ_NONE;
	spin_lock(&x->lock); /* want: irq-unsafe-lock */
	if (st & x->mask)
		x->errors++;
	spin_unlock(&x->lock);
	return IRQ_HANDLED;
}

static void ethx_set_rx_mode(struct net_device *ndev)
{
	struct ethx *x = netdev_priv(ndev);

	spin_lock_bh(&x->lock); /* want: irq-unsafe-lock */
	x->mask = ndev->flags & IFF_PROMISC ? ~0u : 1;
	writel(x->mask, x->regs + 4);
	spin_unlock_bh(&x->lock);
}

static int ethx_open(struct net_device *ndev)
{
	netif_start_queue(ndev);
	return 0;
}

static netdev_tx_t ethx_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops ethx_ops = {
	.ndo_open		= ethx_open,
	.ndo_start_xmit		= ethx_xmit,
	.ndo_set_rx_mode	= ethx_set_rx_mode,
};

static int ethx_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *ndev = alloc_etherdev(sizeof(struct ethx));
	struct ethx *x;
	int ret;

	if (!ndev)
		return -ENOMEM;
	x = netdev_priv(ndev);
	spin_lock_init(&x->lock);
	ndev->netdev_ops = &ethx_ops;
	x->regs = pci_iomap(pdev, 0, 0);
	ret = request_irq(pdev->irq, ethx_irq, IRQF_SHARED, "ethx", ndev);
	if (!ret)
		ret = register_netdev(ndev);
	return ret;
}

static const struct pci_device_id ethx_ids[] = {
	{ PCI_DEVICE(0x1af4, 0x1111) },
	{ }
};

static struct pci_driver ethx_driver = {
	.name		= "ethx",
	.id_table	= ethx_ids,
	.probe		= ethx_probe,
};
module_pci_driver(ethx_driver);
MODULE_LICENSE("GPL");
