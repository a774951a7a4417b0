// SPDX-License-Identifier: GPL-2.0
/*
 * napi_disable() waits until poll() is done, with the spinlock that poll()
 * takes. It may sleep as well.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/spinlock.h>

struct napx {
	struct napi_struct napi;
	spinlock_t lock;
	u32 pending;
};

static struct net_device *napx_dev;

static int napx_poll(struct napi_struct *napi, int budget)
{
	struct napx *n = container_of(napi, struct napx, napi);
	int done;

	spin_lock(&n->lock); /* want: wait-under-lock|sleep-in-atomic */
	done = min_t(int, n->pending, budget);
	n->pending -= done;
	spin_unlock(&n->lock);
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static int napx_change_mtu(struct net_device *dev, int mtu)
{
	struct napx *n = netdev_priv(dev);

	spin_lock_bh(&n->lock);
	napi_disable(&n->napi); /* want: wait-under-lock|sleep-in-atomic */
	dev->mtu = mtu;
	napi_enable(&n->napi);
	spin_unlock_bh(&n->lock);
	return 0;
}

static int napx_open(struct net_device *dev)
{
	struct napx *n = netdev_priv(dev);

	napi_enable(&n->napi);
	netif_start_queue(dev);
	return 0;
}

static int napx_stop(struct net_device *dev)
{
	struct napx *n = netdev_priv(dev);

	netif_stop_queue(dev);
	napi_disable(&n->napi);
	return 0;
}

static netdev_tx_t napx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops napx_ops = {
	.ndo_open	= napx_open,
	.ndo_stop	= napx_stop,
	.ndo_start_xmit	= napx_xmit,
	.ndo_change_mtu	= napx_change_mtu,
};

static int __init napx_init(void)
{
	struct napx *n;

	napx_dev = alloc_etherdev(sizeof(*n));
	if (!napx_dev)
		return -ENOMEM;
	n = netdev_priv(napx_dev);
	spin_lock_init(&n->lock);
	netif_napi_add(napx_dev, &n->napi, napx_poll);
	napx_dev->netdev_ops = &napx_ops;
	return register_netdev(napx_dev);
}

module_init(napx_init);
MODULE_LICENSE("GPL");
