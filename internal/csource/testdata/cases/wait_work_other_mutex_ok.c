// SPDX-License-Identifier: GPL-2.0
/*
 * Under `cfg` the driver waits for two works: one takes only `data`, the
 * other takes no lock at all.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/atomic.h>
#include <linux/debugfs.h>

struct nodex {
	struct mutex cfg;
	struct mutex data;
	struct work_struct save;
	struct work_struct ping;
	atomic_t pings;
	u64 val;
};

static struct nodex nodex;
static struct dentry *nodex_file;

static void nodex_save(struct work_struct *work)
{
	struct nodex *n = container_of(work, struct nodex, save);

	mutex_lock(&n->data);
	n->val++;
	mutex_unlock(&n->data);
}

static void nodex_ping(struct work_struct *work)
{
	struct nodex *n = container_of(work, struct nodex, ping);

	atomic_inc(&n->pings);
}

static int nodex_set(void *data, u64 val)
{
	struct nodex *n = data;

	mutex_lock(&n->cfg);
	schedule_work(&n->save);
	schedule_work(&n->ping);
	flush_work(&n->save);
	flush_work(&n->ping);
	mutex_lock(&n->data);
	n->val = val;
	mutex_unlock(&n->data);
	mutex_unlock(&n->cfg);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(nodex_fops, NULL, nodex_set, "%llu\n");

static int __init nodex_init(void)
{
	mutex_init(&nodex.cfg);
	mutex_init(&nodex.data);
	INIT_WORK(&nodex.save, nodex_save);
	INIT_WORK(&nodex.ping, nodex_ping);
	nodex_file = debugfs_create_file_unsafe("nodex", 0200, NULL, &nodex, &nodex_fops);
	return 0;
}

static void __exit nodex_exit(void)
{
	debugfs_remove(nodex_file);
	cancel_work_sync(&nodex.save);
	cancel_work_sync(&nodex.ping);
}

module_init(nodex_init);
module_exit(nodex_exit);
MODULE_LICENSE("GPL");
