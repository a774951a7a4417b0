// SPDX-License-Identifier: GPL-2.0
/*
 * A request with its own lock on the stack, handed to a worker and waited
 * for; and an object freed right after its lock was released.
 */
#include <linux/module.h>
#include <linux/completion.h>
#include <linux/workqueue.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct errand {
	struct work_struct work;
	struct completion done;
	spinlock_t lock;
	u64 in, out;
};

struct parcel {
	struct mutex lock;
	u64 weight;
};

static struct dentry *errand_file;

static void errand_run(struct work_struct *work)
{
	struct errand *e = container_of(work, struct errand, work);

	spin_lock(&e->lock);
	e->out = e->in * 2;
	spin_unlock(&e->lock);
	complete(&e->done);
}

static u64 parcel_weigh(struct parcel *p)
{
	u64 w;

	mutex_lock(&p->lock);
	w = p->weight;
	mutex_unlock(&p->lock);
	kfree(p);
	return w;
}

static int errand_set(void *data, u64 val)
{
	struct errand e = { .in = val };
	struct parcel *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	mutex_init(&p->lock);
	p->weight = val;

	spin_lock_init(&e.lock);
	init_completion(&e.done);
	INIT_WORK_ONSTACK(&e.work, errand_run);
	schedule_work(&e.work);
	wait_for_completion(&e.done);
	destroy_work_on_stack(&e.work);

	return parcel_weigh(p) == e.out ? 0 : -EINVAL;
}
DEFINE_DEBUGFS_ATTRIBUTE(errand_fops, NULL, errand_set, "%llu\n");

static int __init errand_init(void)
{
	errand_file = debugfs_create_file_unsafe("errand", 0200, NULL, NULL, &errand_fops);
	return 0;
}

static void __exit errand_exit(void)
{
	debugfs_remove(errand_file);
}

module_init(errand_init);
module_exit(errand_exit);
MODULE_LICENSE("GPL");
