// SPDX-License-Identifier: GPL-2.0
/*
 * ndo_stop() runs under the RTNL and waits for work that takes it.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>

struct mdx {
	struct net_device *dev;
	struct work_struct reset;
	u32 resets;
};

static struct net_device *mdx_dev;

static void mdx_reset(struct work_struct *work)
{
	struct mdx *m = container_of(work, struct mdx, reset);

	rtnl_lock(); /* want: wait-under-lock */
	if (netif_running(m->dev))
		m->resets++;
	rtnl_unlock();
}

static void mdx_tx_timeout(struct net_device *dev, unsigned int txq)
{
	struct mdx *m = netdev_priv(dev);

	schedule_work(&m->reset);
}

static int mdx_open(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}

static int mdx_stop(struct net_device *dev)
{
	struct mdx *m = netdev_priv(dev);

	netif_stop_queue(dev);
	cancel_work_sync(&m->reset); /* want: wait-under-lock */
	return 0;
}

static netdev_tx_t mdx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops mdx_ops = {
	.ndo_open	= mdx_open,
	.ndo_stop	= mdx_stop,
	.ndo_start_xmit	= mdx_xmit,
	.ndo_tx_timeout	= mdx_tx_timeout,
};

static int __init mdx_init(void)
{
	struct mdx *m;
	int ret;

	mdx_dev = alloc_etherdev(sizeof(*m));
	if (!mdx_dev)
		return -ENOMEM;
	m = netdev_priv(mdx_dev);
	m->dev = mdx_dev;
	INIT_WORK(&m->reset, mdx_reset);
	mdx_dev->netdev_ops = &mdx_ops;
	ret = register_netdev(mdx_dev);
	if (ret)
		free_netdev(mdx_dev);
	return ret;
}

static void __exit mdx_exit(void)
{
	struct mdx *m = netdev_priv(mdx_dev);

	unregister_netdev(mdx_dev);
	cancel_work_sync(&m->reset);
	free_netdev(mdx_dev);
}

module_init(mdx_init);
module_exit(mdx_exit);
MODULE_LICENSE("GPL");
