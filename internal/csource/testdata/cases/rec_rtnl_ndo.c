// SPDX-License-Identifier: GPL-2.0
/*
 * ndo_open() and ndo_stop() are called with the RTNL held.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>

struct tunx {
	struct net_device *lower;
	int users;
};

static struct net_device *tunx_dev;

static int tunx_open(struct net_device *dev)
{
	struct tunx *t = netdev_priv(dev);

	rtnl_lock(); /* want: recursive-lock */
	t->users++;
	if (t->lower)
		dev_set_promiscuity(t->lower, 1);
	rtnl_unlock();
	netif_start_queue(dev);
	return 0;
}

static int tunx_stop(struct net_device *dev)
{
	struct tunx *t = netdev_priv(dev);

	ASSERT_RTNL();
	netif_stop_queue(dev);
	if (t->lower)
		dev_set_promiscuity(t->lower, -1);
	t->users--;
	return 0;
}

static netdev_tx_t tunx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops tunx_ops = {
	.ndo_open	= tunx_open,
	.ndo_stop	= tunx_stop,
	.ndo_start_xmit	= tunx_xmit,
};

static int __init tunx_init(void)
{
	int ret;

	tunx_dev = alloc_etherdev(sizeof(struct tunx));
	if (!tunx_dev)
		return -ENOMEM;
	tunx_dev->netdev_ops = &tunx_ops;
	ret = register_netdev(tunx_dev);
	if (ret)
		free_netdev(tunx_dev);
	return ret;
}

static void __exit tunx_exit(void)
{
	unregister_netdev(tunx_dev);
	free_netdev(tunx_dev);
}

module_init(tunx_init);
module_exit(tunx_exit);
MODULE_LICENSE("GPL");
