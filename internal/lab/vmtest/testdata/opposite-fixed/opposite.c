// SPDX-License-Identifier: GPL-2.0
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/semaphore.h>

static bool sleeping;
module_param(sleeping, bool, 0444);
MODULE_PARM_DESC(sleeping, "mutexes; otherwise semaphores");

static struct semaphore inlet_sem, outlet_sem;
static DEFINE_MUTEX(inlet_lock);
static DEFINE_MUTEX(outlet_lock);
static unsigned long level;

static int fill_thread(void *unused)
{
	if (sleeping) {
		mutex_lock(&inlet_lock);
		mutex_lock(&outlet_lock);
		level++;
		mutex_unlock(&outlet_lock);
		mutex_unlock(&inlet_lock);
	} else {
		down(&inlet_sem);
		down(&outlet_sem);
		level++;
		up(&outlet_sem);
		up(&inlet_sem);
	}
	return 0;
}

static int drain_thread(void *unused)
{
	if (sleeping) {
		mutex_lock(&inlet_lock);
		mutex_lock(&outlet_lock);
		level--;
		mutex_unlock(&outlet_lock);
		mutex_unlock(&inlet_lock);
	} else {
		down(&inlet_sem);
		down(&outlet_sem);
		level--;
		up(&outlet_sem);
		up(&inlet_sem);
	}
	return 0;
}

static struct task_struct *threads[2];

static void stop_threads(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		if (threads[i]) {
			kthread_stop(threads[i]);
			put_task_struct(threads[i]);
		}
}

static int __init opposite_init(void)
{
	int (*work[])(void *) = { fill_thread, drain_thread };
	int i;

	sema_init(&inlet_sem, 1);
	sema_init(&outlet_sem, 1);
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		struct task_struct *t = kthread_create(work[i], NULL, "opposite/%d", i);

		if (IS_ERR(t)) {
			stop_threads();
			return PTR_ERR(t);
		}
		get_task_struct(t);	/* it may have ended when the module goes */
		threads[i] = t;
		wake_up_process(t);
	}
	return 0;
}
module_init(opposite_init);

static void __exit opposite_exit(void)
{
	stop_threads();
}
module_exit(opposite_exit);

MODULE_DESCRIPTION("Two locks, two threads, nothing in between");
MODULE_LICENSE("GPL");
