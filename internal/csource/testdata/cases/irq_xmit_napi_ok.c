// SPDX-License-Identifier: GPL-2.0
/*
 * ndo_start_xmit() runs with softirqs off, so a plain lock is enough against
 * NAPI poll; ndo_tx_timeout() comes from a timer; ndo_get_stats64() uses _bh.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/spinlock.h>

struct quiet {
	struct napi_struct napi;
	spinlock_t lock;
	u32 head, tail;
	u64 bytes;
};

static struct net_device *quiet_dev;

static netdev_tx_t quiet_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct quiet *q = netdev_priv(dev);

	spin_lock(&q->lock);
	q->head++;
	q->bytes += skb->len;
	spin_unlock(&q->lock);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static int quiet_poll(struct napi_struct *napi, int budget)
{
	struct quiet *q = container_of(napi, struct quiet, napi);

	spin_lock(&q->lock);
	q->tail = q->head;
	spin_unlock(&q->lock);
	napi_complete_done(napi, 0);
	return 0;
}

static void quiet_tx_timeout(struct net_device *dev, unsigned int txq)
{
	struct quiet *q = netdev_priv(dev);

	spin_lock(&q->lock);
	q->tail = q->head;
	spin_unlock(&q->lock);
	netif_wake_queue(dev);
}

static void quiet_get_stats64(struct net_device *dev, struct rtnl_link_stats64 *st)
{
	struct quiet *q = netdev_priv(dev);

	spin_lock_bh(&q->lock);
	st->tx_bytes = q->bytes;
	spin_unlock_bh(&q->lock);
}

static int quiet_open(struct net_device *dev)
{
	struct quiet *q = netdev_priv(dev);

	napi_enable(&q->napi);
	netif_start_queue(dev);
	return 0;
}

static int quiet_stop(struct net_device *dev)
{
	struct quiet *q = netdev_priv(dev);

	netif_stop_queue(dev);
	napi_disable(&q->napi);
	return 0;
}

static const struct net_device_ops quiet_ops = {
	.ndo_open		= quiet_open,
	.ndo_stop		= quiet_stop,
	.ndo_start_xmit		= quiet_xmit,
	.ndo_tx_timeout		= quiet_tx_timeout,
	.ndo_get_stats64	= quiet_get_stats64,
};

static int __init quiet_init(void)
{
	struct quiet *q;
	int ret;

	quiet_dev = alloc_etherdev(sizeof(*q));
	if (!quiet_dev)
		return -ENOMEM;
	q = netdev_priv(quiet_dev);
	spin_lock_init(&q->lock);
	netif_napi_add(quiet_dev, &q->napi, quiet_poll);
	quiet_dev->netdev_ops = &quiet_ops;
	ret = register_netdev(quiet_dev);
	if (ret)
		free_netdev(quiet_dev);
	return ret;
}

module_init(quiet_init);
MODULE_LICENSE("GPL");
