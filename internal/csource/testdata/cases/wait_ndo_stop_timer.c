// SPDX-License-Identifier: GPL-2.0
/*
 * ndo_stop() deletes a timer and waits for it, with the device's lock, which
 * the timer's function takes in a helper.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/timer.h>
#include <linux/spinlock.h>

struct hippi {
	spinlock_t lock;
	struct timer_list timer;
	struct net_device *dev;
	u32 stalls;
	bool fw_running;
};

static struct net_device *hippi_dev;

static void hippi_reset(struct hippi *h)
{
	unsigned long flags;

	spin_lock_irqsave(&h->lock, flags); /* want: wait-under-lock */
	h->fw_running = false;
	h->stalls++;
	spin_unlock_irqrestore(&h->lock, flags);
}

static void hippi_timer(struct timer_list *t)
{
	struct hippi *h = from_timer(h, t, timer);

	if (!netif_carrier_ok(h->dev))
		hippi_reset(h); /* want: wait-under-lock */
	h->timer.expires = jiffies + 5 * HZ;
	add_timer(&h->timer);
}

static int hippi_open(struct net_device *dev)
{
	struct hippi *h = netdev_priv(dev);

	timer_setup(&h->timer, hippi_timer, 0);
	h->timer.expires = jiffies + 5 * HZ;
	add_timer(&h->timer);
	netif_start_queue(dev);
	return 0;
}

static int hippi_stop(struct net_device *dev)
{
	struct hippi *h = netdev_priv(dev);
	unsigned long flags;

	netif_stop_queue(dev);
	spin_lock_irqsave(&h->lock, flags);
	h->fw_running = false;
	del_timer_sync(&h->timer); /* want: wait-under-lock */
	spin_unlock_irqrestore(&h->lock, flags);
	return 0;
}

static netdev_tx_t hippi_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb_any(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops hippi_ops = {
	.ndo_open	= hippi_open,
	.ndo_stop	= hippi_stop,
	.ndo_start_xmit	= hippi_xmit,
};

static int __init hippi_init(void)
{
	struct hippi *h;
	int ret;

	hippi_dev = alloc_etherdev(sizeof(*h));
	if (!hippi_dev)
		return -ENOMEM;
	h = netdev_priv(hippi_dev);
	h->dev = hippi_dev;
	spin_lock_init(&h->lock);
	hippi_dev->netdev_ops = &hippi_ops;
	ret = register_netdev(hippi_dev);
	if (ret)
		free_netdev(hippi_dev);
	return ret;
}

static void __exit hippi_exit(void)
{
	unregister_netdev(hippi_dev);
	free_netdev(hippi_dev);
}

module_init(hippi_init);
module_exit(hippi_exit);
MODULE_LICENSE("GPL");
