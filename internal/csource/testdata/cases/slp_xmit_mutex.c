// SPDX-License-Identifier: GPL-2.0
/*
 * ndo_start_xmit() runs with softirqs off and a spinlock held; this one
 * writes to an SPI chip, under a mutex.
 */
#include <linux/module.h>
#include <linux/spi/spi.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/mutex.h>

struct spinet {
	struct spi_device *spi;
	struct mutex lock;
	u8 txbuf[1600];
};

static int spinet_write_frame(struct spinet *s, const void *data, unsigned int len)
{
	int ret;

	mutex_lock(&s->lock); /* want: sleep-in-atomic */
	memcpy(s->txbuf, data, len);
	ret = spi_write(s->spi, s->txbuf, len); /* want: sleep-in-atomic */
	mutex_unlock(&s->lock);
	return ret;
}

static netdev_tx_t spinet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct spinet *s = netdev_priv(dev);

	if (skb->len > sizeof(s->txbuf) || spinet_write_frame(s, skb->data, skb->len)) /* want: sleep-in-atomic */
		dev->stats.tx_errors++;
	else
		dev->stats.tx_packets++;
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static int spinet_open(struct net_device *dev)
{
	struct spinet *s = netdev_priv(dev);

	mutex_lock(&s->lock);
	s->txbuf[0] = 0;
	mutex_unlock(&s->lock);
	netif_start_queue(dev);
	return 0;
}

static const struct net_device_ops spinet_ops = {
	.ndo_open	= spinet_open,
	.ndo_start_xmit	= spinet_xmit,
};

static int spinet_probe(struct spi_device *spi)
{
	struct net_device *dev = devm_alloc_etherdev(&spi->dev, sizeof(struct spinet));
	struct spinet *s;

	if (!dev)
		return -ENOMEM;
	s = netdev_priv(dev);
	s->spi = spi;
	mutex_init(&s->lock);
	dev->netdev_ops = &spinet_ops;
	return devm_register_netdev(&spi->dev, dev);
}

static struct spi_driver spinet_driver = {
	.driver	= { .name = "spinet" },
	.probe	= spinet_probe,
};
module_spi_driver(spinet_driver);
MODULE_LICENSE("GPL");
