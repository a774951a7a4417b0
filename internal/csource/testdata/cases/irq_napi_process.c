// SPDX-License-Identifier: GPL-2.0
/*
 * NAPI poll (softirq) against an ethtool operation with softirqs on.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/spinlock.h>

struct nap {
	struct napi_struct napi;
	spinlock_t stats_lock;
	u64 polls;
	u64 packets;
};

static struct net_device *nap_dev;

static int nap_poll(struct napi_struct *napi, int budget)
{
	struct nap *n = container_of(napi, struct nap, napi);

	spin_lock(&n->stats_lock); /* want: irq-unsafe-lock */
	n->polls++;
	spin_unlock(&n->stats_lock);
	napi_complete_done(napi, 0);
	return 0;
}

static void nap_get_ethtool_stats(struct net_device *dev, struct ethtool_stats *st, u64 *data)
{
	struct nap *n = netdev_priv(dev);

	spin_lock(&n->stats_lock); /* want: irq-unsafe-lock */
	data[0] = n->polls;
	data[1] = n->packets;
	spin_unlock(&n->stats_lock);
}

static const struct ethtool_ops nap_ethtool_ops = {
	.get_ethtool_stats	= nap_get_ethtool_stats,
};

static int nap_open(struct net_device *dev)
{
	struct nap *n = netdev_priv(dev);

	napi_enable(&n->napi);
	netif_start_queue(dev);
	return 0;
}

static int nap_stop(struct net_device *dev)
{
	struct nap *n = netdev_priv(dev);

	netif_stop_queue(dev);
	napi_disable(&n->napi);
	return 0;
}

static netdev_tx_t nap_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct nap *n = netdev_priv(dev);

	spin_lock(&n->stats_lock);
	n->packets++;
	spin_unlock(&n->stats_lock);
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops nap_ops = {
	.ndo_open	= nap_open,
	.ndo_stop	= nap_stop,
	.ndo_start_xmit	= nap_xmit,
};

static int __init nap_init(void)
{
	struct nap *n;
	int ret;

	nap_dev = alloc_etherdev(sizeof(*n));
	if (!nap_dev)
		return -ENOMEM;
	n = netdev_priv(nap_dev);
	spin_lock_init(&n->stats_lock);
	netif_napi_add(nap_dev, &n->napi, nap_poll);
	nap_dev->netdev_ops = &nap_ops;
	nap_dev->ethtool_ops = &nap_ethtool_ops;
	ret = register_netdev(nap_dev);
	if (ret)
		free_netdev(nap_dev);
	return ret;
}

static void __exit nap_exit(void)
{
	unregister_netdev(nap_dev);
	free_netdev(nap_dev);
}

module_init(nap_init);
module_exit(nap_exit);
MODULE_LICENSE("GPL");
