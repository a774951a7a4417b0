// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's mutex under the RTNL, which ndo_open() holds; and the RTNL
 * under the driver's mutex in its work.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>

struct wlx {
	struct net_device *dev;
	struct mutex fw_lock;
	struct work_struct roam;
	u32 channel;
};

static struct net_device *wlx_dev;

static int wlx_open(struct net_device *dev)
{
	struct wlx *w = netdev_priv(dev);

	mutex_lock(&w->fw_lock); /* want: lock-order-inversion */
	w->channel = 1;
	mutex_unlock(&w->fw_lock);
	netif_start_queue(dev);
	return 0;
}

static int wlx_stop(struct net_device *dev)
{
	netif_stop_queue(dev);
	return 0;
}

static void wlx_roam(struct work_struct *work)
{
	struct wlx *w = container_of(work, struct wlx, roam);

	mutex_lock(&w->fw_lock);
	w->channel++;
	rtnl_lock(); /* want: lock-order-inversion */
	netdev_state_change(w->dev);
	rtnl_unlock();
	mutex_unlock(&w->fw_lock);
}

static netdev_tx_t wlx_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct wlx *w = netdev_priv(dev);

	schedule_work(&w->roam);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops wlx_ops = {
	.ndo_open	= wlx_open,
	.ndo_stop	= wlx_stop,
	.ndo_start_xmit	= wlx_xmit,
};

static int __init wlx_init(void)
{
	struct wlx *w;
	int ret;

	wlx_dev = alloc_etherdev(sizeof(*w));
	if (!wlx_dev)
		return -ENOMEM;
	w = netdev_priv(wlx_dev);
	w->dev = wlx_dev;
	mutex_init(&w->fw_lock);
	INIT_WORK(&w->roam, wlx_roam);
	wlx_dev->netdev_ops = &wlx_ops;
	ret = register_netdev(wlx_dev);
	if (ret)
		free_netdev(wlx_dev);
	return ret;
}

static void __exit wlx_exit(void)
{
	struct wlx *w = netdev_priv(wlx_dev);

	unregister_netdev(wlx_dev);
	cancel_work_sync(&w->roam);
	free_netdev(wlx_dev);
}

module_init(wlx_init);
module_exit(wlx_exit);
MODULE_LICENSE("GPL");
