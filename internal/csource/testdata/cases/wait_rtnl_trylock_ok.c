// SPDX-License-Identifier: GPL-2.0
/*
 * The same driver, whose work tries the RTNL and comes again later.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>

struct mdt {
	struct net_device *dev;
	struct delayed_work reset;
	u32 resets;
};

static struct net_device *mdt_dev;

static void mdt_reset(struct work_struct *work)
{
	struct mdt *m = container_of(work, struct mdt, reset.work);

	if (!rtnl_trylock()) {
		schedule_delayed_work(&m->reset, HZ / 10);
		return;
	}
	if (netif_running(m->dev))
		m->resets++;
	rtnl_unlock();
}

static void mdt_tx_timeout(struct net_device *dev, unsigned int txq)
{
	struct mdt *m = netdev_priv(dev);

	schedule_delayed_work(&m->reset, 0);
}

static int mdt_open(struct net_device *dev)
{
	netif_start_queue(dev);
	return 0;
}

static int mdt_stop(struct net_device *dev)
{
	struct mdt *m = netdev_priv(dev);

	netif_stop_queue(dev);
	cancel_delayed_work_sync(&m->reset);
	return 0;
}

static netdev_tx_t mdt_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops mdt_ops = {
	.ndo_open	= mdt_open,
	.ndo_stop	= mdt_stop,
	.ndo_start_xmit	= mdt_xmit,
	.ndo_tx_timeout	= mdt_tx_timeout,
};

static int __init mdt_init(void)
{
	struct mdt *m;
	int ret;

	mdt_dev = alloc_etherdev(sizeof(*m));
	if (!mdt_dev)
		return -ENOMEM;
	m = netdev_priv(mdt_dev);
	m->dev = mdt_dev;
	INIT_DELAYED_WORK(&m->reset, mdt_reset);
	mdt_dev->netdev_ops = &mdt_ops;
	ret = register_netdev(mdt_dev);
	if (ret)
		free_netdev(mdt_dev);
	return ret;
}

static void __exit mdt_exit(void)
{
	unregister_netdev(mdt_dev);
	free_netdev(mdt_dev);
}

module_init(mdt_init);
module_exit(mdt_exit);
MODULE_LICENSE("GPL");
