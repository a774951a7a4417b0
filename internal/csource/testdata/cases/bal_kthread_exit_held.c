// SPDX-License-Identifier: GPL-2.0
/*
 * A thread leaves its loop with the mutex of the last round.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/err.h>

struct logger {
	struct mutex lock;
	u32 lines;
	bool full;
	struct task_struct *task;
};

static struct logger logger;

static int logger_thread(void *data)
{
	struct logger *l = data;

	for (;;) {
		mutex_lock(&l->lock);
		if (kthread_should_stop())
			break;
		l->lines++;
		l->full = l->lines > 4096;
		mutex_unlock(&l->lock);
		msleep(50);
	}
	return 0; /* want: missing-unlock */
}

static int __init logger_init(void)
{
	mutex_init(&logger.lock);
	logger.task = kthread_run(logger_thread, &logger, "logger");
	return PTR_ERR_OR_ZERO(logger.task);
}

static void __exit logger_exit(void)
{
	kthread_stop(logger.task);
}

module_init(logger_init);
module_exit(logger_exit);
MODULE_LICENSE("GPL");
