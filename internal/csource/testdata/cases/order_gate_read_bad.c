// SPDX-License-Identifier: GPL-2.0
/*
 * Looks like a gate, but both paths hold the outer rwsem for reading only:
 * readers run at the same time, so it keeps nothing apart.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/debugfs.h>

struct topo {
	struct rw_semaphore sem;
	struct mutex links;
	struct mutex nodes;
	u32 nr_links;
	u32 nr_nodes;
};

static struct topo topo;
static struct dentry *topo_file;

static int topo_get(void *data, u64 *val)
{
	struct topo *t = data;

	down_read(&t->sem);
	mutex_lock(&t->links);
	mutex_lock(&t->nodes); /* want: lock-order-inversion */
	*val = t->nr_links + t->nr_nodes;
	mutex_unlock(&t->nodes);
	mutex_unlock(&t->links);
	up_read(&t->sem);
	return 0;
}

static int topo_set(void *data, u64 val)
{
	struct topo *t = data;

	down_read(&t->sem);
	mutex_lock(&t->nodes);
	mutex_lock(&t->links); /* want: lock-order-inversion */
	t->nr_links = val;
	mutex_unlock(&t->links);
	mutex_unlock(&t->nodes);
	up_read(&t->sem);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(topo_fops, topo_get, topo_set, "%llu\n");

static int __init topo_init(void)
{
	init_rwsem(&topo.sem);
	mutex_init(&topo.links);
	mutex_init(&topo.nodes);
	topo_file = debugfs_create_file_unsafe("topo", 0600, NULL, &topo, &topo_fops);
	return 0;
}

static void __exit topo_exit(void)
{
	debugfs_remove(topo_file);
}

module_init(topo_init);
module_exit(topo_exit);
MODULE_LICENSE("GPL");
