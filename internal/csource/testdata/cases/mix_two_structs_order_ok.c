// SPDX-License-Identifier: GPL-2.0
/*
 * Two types, each with `lock` and `stats_lock`. One nests lock -> stats_lock,
 * the other stats_lock -> lock: no contradiction, they are four classes.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct rxq {
	struct mutex lock;
	struct mutex stats_lock;
	u64 n;
};

struct txq {
	struct mutex lock;
	struct mutex stats_lock;
	u64 n;
};

static struct rxq rxq;
static struct txq txq;
static struct dentry *q_dir;

static int rxq_set(void *data, u64 val)
{
	struct rxq *q = data;

	mutex_lock(&q->lock);
	mutex_lock(&q->stats_lock);
	q->n = val;
	mutex_unlock(&q->stats_lock);
	mutex_unlock(&q->lock);
	return 0;
}

static int txq_set(void *data, u64 val)
{
	struct txq *q = data;

	mutex_lock(&q->stats_lock);
	mutex_lock(&q->lock);
	q->n = val;
	mutex_unlock(&q->lock);
	mutex_unlock(&q->stats_lock);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(rxq_fops, NULL, rxq_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(txq_fops, NULL, txq_set, "%llu\n");

static int __init qq_init(void)
{
	mutex_init(&rxq.lock);
	mutex_init(&rxq.stats_lock);
	mutex_init(&txq.lock);
	mutex_init(&txq.stats_lock);
	q_dir = debugfs_create_dir("qq", NULL);
	debugfs_create_file_unsafe("rx", 0200, q_dir, &rxq, &rxq_fops);
	debugfs_create_file_unsafe("tx", 0200, q_dir, &txq, &txq_fops);
	return 0;
}

static void __exit qq_exit(void)
{
	debugfs_remove_recursive(q_dir);
}

module_init(qq_init);
module_exit(qq_exit);
MODULE_LICENSE("GPL");
