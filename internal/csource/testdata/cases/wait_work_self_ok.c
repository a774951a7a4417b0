// SPDX-License-Identifier: GPL-2.0
/*
 * Work that requeues itself and cancels other work; a queue flushed by a work
 * of another queue; a work with a mutex that is released before the flush.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct twoq {
	struct workqueue_struct *fast;
	struct workqueue_struct *slow;
	struct work_struct fast_work;
	struct delayed_work slow_work;
	struct mutex lock;
	u32 n;
};

static struct twoq tq;
static struct dentry *tq_file;

static void tq_fast(struct work_struct *work)
{
	struct twoq *q = container_of(work, struct twoq, fast_work);

	mutex_lock(&q->lock);
	q->n++;
	mutex_unlock(&q->lock);
}

static void tq_slow(struct work_struct *work)
{
	struct twoq *q = container_of(to_delayed_work(work), struct twoq, slow_work);

	mutex_lock(&q->lock);
	q->n += 10;
	mutex_unlock(&q->lock);
	flush_workqueue(q->fast);
	queue_delayed_work(q->slow, &q->slow_work, HZ);
}

static int tq_set(void *data, u64 val)
{
	struct twoq *q = data;

	queue_work(q->fast, &q->fast_work);
	mutex_lock(&q->lock);
	q->n = val;
	mutex_unlock(&q->lock);
	flush_work(&q->fast_work);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tq_fops, NULL, tq_set, "%llu\n");

static int __init tq_init(void)
{
	mutex_init(&tq.lock);
	INIT_WORK(&tq.fast_work, tq_fast);
	INIT_DELAYED_WORK(&tq.slow_work, tq_slow);
	tq.fast = alloc_workqueue("tq-fast", 0, 0);
	tq.slow = alloc_workqueue("tq-slow", 0, 0);
	if (!tq.fast || !tq.slow) {
		if (tq.fast)
			destroy_workqueue(tq.fast);
		return -ENOMEM;
	}
	queue_delayed_work(tq.slow, &tq.slow_work, HZ);
	tq_file = debugfs_create_file_unsafe("tq", 0200, NULL, &tq, &tq_fops);
	return 0;
}

static void __exit tq_exit(void)
{
	debugfs_remove(tq_file);
	cancel_delayed_work_sync(&tq.slow_work);
	destroy_workqueue(tq.slow);
	destroy_workqueue(tq.fast);
}

module_init(tq_init);
module_exit(tq_exit);
MODULE_LICENSE("GPL");
