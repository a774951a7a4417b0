// SPDX-License-Identifier: GPL-2.0
/*
 * An inversion between a work item and a timer's work, both through helpers
 * of the same object.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/net.h>
#include <linux/netdevice.h>

struct meshx {
	struct mutex peers;
	struct mutex routes;
	struct work_struct scan;
	struct delayed_work expire;
	u32 nr_peers, nr_routes;
};

static struct meshx *mesh;

static void meshx_drop_routes(struct meshx *m)
{
	mutex_lock(&m->routes); /* want: lock-order-inversion */
	m->nr_routes = 0;
	mutex_unlock(&m->routes);
}

static u32 meshx_count_peers(struct meshx *m)
{
	u32 n;

	mutex_lock(&m->peers); /* want: lock-order-inversion */
	n = m->nr_peers;
	mutex_unlock(&m->peers);
	return n;
}

static void meshx_scan(struct work_struct *work)
{
	struct meshx *m = container_of(work, struct meshx, scan);

	mutex_lock(&m->peers);
	if (!m->nr_peers)
		meshx_drop_routes(m); /* want: lock-order-inversion */
	mutex_unlock(&m->peers);
}

static void meshx_expire(struct work_struct *work)
{
	struct meshx *m = container_of(work, struct meshx, expire.work);

	mutex_lock(&m->routes);
	if (m->nr_routes > meshx_count_peers(m)) /* want: lock-order-inversion */
		m->nr_routes--;
	mutex_unlock(&m->routes);
	queue_delayed_work(system_long_wq, &m->expire, HZ);
}

static int __init meshx_init(void)
{
	mesh = kzalloc(sizeof(*mesh), GFP_KERNEL);
	if (!mesh)
		return -ENOMEM;
	mutex_init(&mesh->peers);
	mutex_init(&mesh->routes);
	INIT_WORK(&mesh->scan, meshx_scan);
	INIT_DELAYED_WORK(&mesh->expire, meshx_expire);
	schedule_work(&mesh->scan);
	queue_delayed_work(system_long_wq, &mesh->expire, HZ);
	return 0;
}

static void __exit meshx_exit(void)
{
	cancel_work_sync(&mesh->scan);
	cancel_delayed_work_sync(&mesh->expire);
	kfree(mesh);
}

module_init(meshx_init);
module_exit(meshx_exit);
MODULE_LICENSE("GPL");
