// SPDX-License-Identifier: GPL-2.0
/*
 * Two spinlocks of a network driver: transmit takes tx_lock and then
 * stats_lock, the statistics work takes them the other way round.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/workqueue.h>
#include <linux/spinlock.h>

struct veth2 {
	spinlock_t tx_lock;
	spinlock_t stats_lock;
	struct delayed_work stats_work;
	u32 inflight;
	u64 bytes;
};

static struct net_device *veth2_dev;

static void veth2_count(struct veth2 *v, unsigned int len)
{
	spin_lock_bh(&v->stats_lock); /* want: lock-order-inversion */
	v->bytes += len;
	spin_unlock_bh(&v->stats_lock);
}

static netdev_tx_t veth2_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct veth2 *v = netdev_priv(dev);

	spin_lock_bh(&v->tx_lock);
	v->inflight++;
	veth2_count(v, skb->len); /* want: lock-order-inversion */
	spin_unlock_bh(&v->tx_lock);
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static void veth2_stats_work(struct work_struct *work)
{
	struct veth2 *v = container_of(to_delayed_work(work), struct veth2, stats_work);

	spin_lock_bh(&v->stats_lock);
	if (v->bytes > 1 << 20) {
		v->bytes = 0;
		spin_lock_bh(&v->tx_lock); /* want: lock-order-inversion */
		v->inflight = 0;
		spin_unlock_bh(&v->tx_lock);
	}
	spin_unlock_bh(&v->stats_lock);
	schedule_delayed_work(&v->stats_work, HZ);
}

static int veth2_open(struct net_device *dev)
{
	struct veth2 *v = netdev_priv(dev);

	schedule_delayed_work(&v->stats_work, HZ);
	netif_start_queue(dev);
	return 0;
}

static int veth2_stop(struct net_device *dev)
{
	struct veth2 *v = netdev_priv(dev);

	netif_stop_queue(dev);
	cancel_delayed_work_sync(&v->stats_work);
	return 0;
}

static const struct net_device_ops veth2_ops = {
	.ndo_open	= veth2_open,
	.ndo_stop	= veth2_stop,
	.ndo_start_xmit	= veth2_xmit,
};

static int __init veth2_init(void)
{
	struct veth2 *v;
	int ret;

	veth2_dev = alloc_etherdev(sizeof(*v));
	if (!veth2_dev)
		return -ENOMEM;
	v = netdev_priv(veth2_dev);
	spin_lock_init(&v->tx_lock);
	spin_lock_init(&v->stats_lock);
	INIT_DELAYED_WORK(&v->stats_work, veth2_stats_work);
	veth2_dev->netdev_ops = &veth2_ops;
	ret = register_netdev(veth2_dev);
	if (ret)
		free_netdev(veth2_dev);
	return ret;
}

static void __exit veth2_exit(void)
{
	unregister_netdev(veth2_dev);
	free_netdev(veth2_dev);
}

module_init(veth2_init);
module_exit(veth2_exit);
MODULE_LICENSE("GPL");
