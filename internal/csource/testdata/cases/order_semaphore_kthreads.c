// SPDX-License-Identifier: GPL-2.0
/*
 * Two semaphores used as mutexes by two threads, in opposite orders.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/semaphore.h>
#include <linux/delay.h>
#include <linux/err.h>

struct mixer {
	struct semaphore in_sem;
	struct semaphore out_sem;
	u32 level;
	struct task_struct *in_task;
	struct task_struct *out_task;
};

static struct mixer mixer;

static int mixer_in(void *data)
{
	struct mixer *m = data;

	while (!kthread_should_stop()) {
		down(&m->in_sem);
		down(&m->out_sem); /* want: lock-order-inversion */
		m->level++;
		up(&m->out_sem);
		up(&m->in_sem);
		msleep(10);
	}
	return 0;
}

static int mixer_out(void *data)
{
	struct mixer *m = data;

	while (!kthread_should_stop()) {
		if (down_interruptible(&m->out_sem))
			continue;
		if (!down_interruptible(&m->in_sem)) { /* want: lock-order-inversion */
			m->level--;
			up(&m->in_sem);
		}
		up(&m->out_sem);
		msleep(10);
	}
	return 0;
}

static int __init mixer_init(void)
{
	sema_init(&mixer.in_sem, 1);
	sema_init(&mixer.out_sem, 1);
	mixer.in_task = kthread_run(mixer_in, &mixer, "mixer-in");
	if (IS_ERR(mixer.in_task))
		return PTR_ERR(mixer.in_task);
	mixer.out_task = kthread_run(mixer_out, &mixer, "mixer-out");
	if (IS_ERR(mixer.out_task)) {
		kthread_stop(mixer.in_task);
		return PTR_ERR(mixer.out_task);
	}
	return 0;
}

static void __exit mixer_exit(void)
{
	kthread_stop(mixer.out_task);
	kthread_stop(mixer.in_task);
}

module_init(mixer_init);
module_exit(mixer_exit);
MODULE_LICENSE("GPL");
