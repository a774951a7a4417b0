// SPDX-License-Identifier: GPL-2.0
/*
 * The thread's pointer is taken under the lock, the wait is after it; the
 * other lock held there is not one that the thread takes.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/err.h>
#include <linux/debugfs.h>

struct washer {
	struct mutex lock;
	struct mutex ctl;
	wait_queue_head_t wait;
	struct task_struct *task;
	u32 loads;
};

static struct washer washer;
static struct dentry *washer_file;

static int washer_thread(void *data)
{
	struct washer *w = data;

	while (!kthread_should_stop()) {
		wait_event_interruptible(w->wait, w->loads || kthread_should_stop());
		mutex_lock(&w->lock);
		if (w->loads)
			w->loads--;
		mutex_unlock(&w->lock);
	}
	return 0;
}

static int washer_set(void *data, u64 val)
{
	struct washer *w = data;
	struct task_struct *task;

	mutex_lock(&w->ctl);
	mutex_lock(&w->lock);
	w->loads = val;
	task = w->task;
	if (!val)
		w->task = NULL;
	mutex_unlock(&w->lock);
	wake_up(&w->wait);
	if (!val && task)
		kthread_stop(task);
	mutex_unlock(&w->ctl);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(washer_fops, NULL, washer_set, "%llu\n");

static int __init washer_init(void)
{
	mutex_init(&washer.lock);
	mutex_init(&washer.ctl);
	init_waitqueue_head(&washer.wait);
	washer.task = kthread_run(washer_thread, &washer, "washer");
	if (IS_ERR(washer.task))
		return PTR_ERR(washer.task);
	washer_file = debugfs_create_file_unsafe("washer", 0200, NULL, &washer, &washer_fops);
	return 0;
}

static void __exit washer_exit(void)
{
	debugfs_remove(washer_file);
	if (washer.task)
		kthread_stop(washer.task);
}

module_init(washer_init);
module_exit(washer_exit);
MODULE_LICENSE("GPL");
