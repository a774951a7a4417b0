// SPDX-License-Identifier: GPL-2.0
/*
 * Three trylocks and their results: mutex_trylock() and spin_trylock() return
 * 1 when they got the lock, down_trylock() returns 0.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>
#include <linux/spinlock.h>
#include <linux/rwsem.h>
#include <linux/debugfs.h>

struct stage {
	struct mutex lock;
	struct semaphore slot;
	spinlock_t stat_lock;
	struct rw_semaphore map;
	u64 runs;
};

static struct stage stage;
static struct dentry *stage_file;

static void stage_count(struct stage *s)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&s->stat_lock, flags))
		return;
	s->runs++;
	spin_unlock_irqrestore(&s->stat_lock, flags);
}

static int stage_run(void *data, u64 val)
{
	struct stage *s = data;
	int ret = -EBUSY;

	if (!mutex_trylock(&s->lock))
		return ret;
	if (down_trylock(&s->slot))
		goto unlock;
	if (down_read_trylock(&s->map) == 0)
		goto give_back;
	stage_count(s);
	ret = 0;
	up_read(&s->map);
give_back:
	up(&s->slot);
unlock:
	mutex_unlock(&s->lock);
	return ret;
}

static int stage_get(void *data, u64 *val)
{
	struct stage *s = data;

	if (down_trylock(&s->slot) == 0) {
		*val = s->runs;
		up(&s->slot);
		return 0;
	}
	return -EAGAIN;
}
DEFINE_DEBUGFS_ATTRIBUTE(stage_fops, stage_get, stage_run, "%llu\n");

static int __init stage_init(void)
{
	mutex_init(&stage.lock);
	sema_init(&stage.slot, 1);
	spin_lock_init(&stage.stat_lock);
	init_rwsem(&stage.map);
	stage_file = debugfs_create_file_unsafe("stage", 0600, NULL, &stage, &stage_fops);
	return 0;
}

static void __exit stage_exit(void)
{
	debugfs_remove(stage_file);
}

module_init(stage_init);
module_exit(stage_exit);
MODULE_LICENSE("GPL");
