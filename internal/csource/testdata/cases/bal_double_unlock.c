// SPDX-License-Identifier: GPL-2.0
/*
 * The error path unlocks, then falls into the common exit that unlocks.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>

struct vnet {
	spinlock_t lock;
	u32 ring_size;
	bool busy;
};

static int vnet_set_ring(struct net_device *ndev, u32 size)
{
	struct vnet *v = netdev_priv(ndev);
	int ret = 0;

	spin_lock_bh(&v->lock);
	if (v->busy) {
		spin_unlock_bh(&v->lock);
		netdev_warn(ndev, "ring in use\n");
		ret = -EBUSY;
		goto out;
	}
	if (size > 4096) {
		ret = -ERANGE;
		goto out;
	}
	v->ring_size = size;
out:
	spin_unlock_bh(&v->lock); /* want: unlock-not-held */
	return ret;
}

static int vnet_set_ringparam(struct net_device *ndev, struct ethtool_ringparam *ring,
			      struct kernel_ethtool_ringparam *kring,
			      struct netlink_ext_ack *extack)
{
	return vnet_set_ring(ndev, ring->rx_pending);
}

static const struct ethtool_ops vnet_ethtool_ops = {
	.set_ringparam	= vnet_set_ringparam,
};

static struct net_device *vnet_dev;

static int __init vnet_init(void)
{
	struct vnet *v;
	int ret;

	vnet_dev = alloc_etherdev(sizeof(*v));
	if (!vnet_dev)
		return -ENOMEM;
	v = netdev_priv(vnet_dev);
	spin_lock_init(&v->lock);
	vnet_dev->ethtool_ops = &vnet_ethtool_ops;
	ret = register_netdev(vnet_dev);
	if (ret)
		free_netdev(vnet_dev);
	return ret;
}

static void __exit vnet_exit(void)
{
	unregister_netdev(vnet_dev);
	free_netdev(vnet_dev);
}

module_init(vnet_init);
module_exit(vnet_exit);
MODULE_LICENSE("GPL");
