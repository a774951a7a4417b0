// SPDX-License-Identifier: GPL-2.0
/*
 * An error label below the RTNL section is reached from inside it and from
 * after it.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>

struct ivx {
	struct net_device *dev;
	struct delayed_work init_task;
	bool registered;
	u8 *rss;
};

static struct net_device *ivx_dev;

static void ivx_config(struct ivx *v)
{
	int err;

	rtnl_lock();
	err = register_netdevice(v->dev);
	if (err)
		goto err_register;
	v->registered = true;
	rtnl_unlock();

	v->rss = kzalloc(64, GFP_KERNEL);
	if (!v->rss)
		goto err_register;
	netdev_info(v->dev, "up\n");
	return;

err_register:
	rtnl_unlock(); /* want: unlock-not-held */
	kfree(v->rss);
	v->rss = NULL;
}

static void ivx_init_task(struct work_struct *work)
{
	ivx_config(container_of(work, struct ivx, init_task.work));
}

static int __init ivx_init(void)
{
	struct ivx *v;

	ivx_dev = alloc_etherdev(sizeof(*v));
	if (!ivx_dev)
		return -ENOMEM;
	v = netdev_priv(ivx_dev);
	v->dev = ivx_dev;
	INIT_DELAYED_WORK(&v->init_task, ivx_init_task);
	schedule_delayed_work(&v->init_task, 1);
	return 0;
}

static void __exit ivx_exit(void)
{
	struct ivx *v = netdev_priv(ivx_dev);

	cancel_delayed_work_sync(&v->init_task);
	if (v->registered)
		unregister_netdev(ivx_dev);
	free_netdev(ivx_dev);
}

module_init(ivx_init);
module_exit(ivx_exit);
MODULE_LICENSE("GPL");
