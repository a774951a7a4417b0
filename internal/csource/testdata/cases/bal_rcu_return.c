// SPDX-License-Identifier: GPL-2.0
/*
 * An RCU reader that returns early from its section.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

struct vport {
	struct list_head node;
	struct net_device *dev;
	u32 vni;
	struct rcu_head rcu;
};

static LIST_HEAD(vports);
static DEFINE_MUTEX(vports_lock);

int vport_mtu(u32 vni)
{
	struct vport *v;
	int mtu = -ENOENT;

	rcu_read_lock();
	list_for_each_entry_rcu(v, &vports, node) {
		if (v->vni != vni)
			continue;
		if (!v->dev)
			return -ENODEV; /* want: missing-unlock */
		mtu = READ_ONCE(v->dev->mtu);
		break;
	}
	rcu_read_unlock();
	return mtu;
}
EXPORT_SYMBOL_GPL(vport_mtu);

int vport_add(struct net_device *dev, u32 vni)
{
	struct vport *v = kzalloc(sizeof(*v), GFP_KERNEL);

	if (!v)
		return -ENOMEM;
	v->dev = dev;
	v->vni = vni;
	mutex_lock(&vports_lock);
	list_add_rcu(&v->node, &vports);
	mutex_unlock(&vports_lock);
	return 0;
}
EXPORT_SYMBOL_GPL(vport_add);

void vport_del(struct vport *v)
{
	mutex_lock(&vports_lock);
	list_del_rcu(&v->node);
	mutex_unlock(&vports_lock);
	kfree_rcu(v, rcu);
}
EXPORT_SYMBOL_GPL(vport_del);

MODULE_LICENSE("GPL");
