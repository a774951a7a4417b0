// SPDX-License-Identifier: GPL-2.0
/*
 * kthread_stop() with the mutex that the thread takes in each round.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/debugfs.h>

struct feeder {
	struct mutex lock;
	struct task_struct *task;
	u32 fed;
};

static struct feeder feeder;
static struct dentry *feeder_file;

static int feeder_thread(void *data)
{
	struct feeder *f = data;

	while (!kthread_should_stop()) {
		mutex_lock(&f->lock); /* want: wait-under-lock */
		f->fed++;
		mutex_unlock(&f->lock);
		msleep(20);
	}
	return 0;
}

static int feeder_set(void *data, u64 val)
{
	struct feeder *f = data;
	int ret = 0;

	mutex_lock(&f->lock);
	if (val && !f->task) {
		f->task = kthread_run(feeder_thread, f, "feeder");
		if (IS_ERR(f->task)) {
			ret = PTR_ERR(f->task);
			f->task = NULL;
		}
	} else if (!val && f->task) {
		kthread_stop(f->task); /* want: wait-under-lock */
		f->task = NULL;
	}
	mutex_unlock(&f->lock);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(feeder_fops, NULL, feeder_set, "%llu\n");

static int __init feeder_init(void)
{
	mutex_init(&feeder.lock);
	feeder_file = debugfs_create_file_unsafe("feeder", 0200, NULL, &feeder, &feeder_fops);
	return 0;
}

static void __exit feeder_exit(void)
{
	debugfs_remove(feeder_file);
	if (feeder.task)
		kthread_stop(feeder.task);
}

module_init(feeder_init);
module_exit(feeder_exit);
MODULE_LICENSE("GPL");
