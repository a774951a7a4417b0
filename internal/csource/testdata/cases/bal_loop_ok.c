// SPDX-License-Identifier: GPL-2.0
/*
 * Loops that lock per round, leave with `break` and `continue`, drop the lock
 * in the middle, or leave with the lock held on purpose.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <linux/err.h>

struct job {
	struct list_head node;
	int prio;
};

struct spool {
	spinlock_t lock;
	struct list_head jobs;
	wait_queue_head_t wait;
	struct task_struct *task;
	u32 done;
};

static struct spool spool;

static void spool_print(struct job *j)
{
	pr_debug("job %d\n", j->prio);
	kfree(j);
}

static void spool_drain(struct spool *s)
{
	struct job *j;

	spin_lock(&s->lock);
	for (;;) {
		if (list_empty(&s->jobs))
			break;
		j = list_first_entry(&s->jobs, struct job, node);
		list_del(&j->node);
		spin_unlock(&s->lock);
		spool_print(j);
		spin_lock(&s->lock);
	}
	s->done++;
	spin_unlock(&s->lock);
}

static int spool_count_urgent(struct spool *s, int rounds)
{
	struct job *j;
	int n = 0;

	while (rounds--) {
		spin_lock(&s->lock);
		if (list_empty(&s->jobs)) {
			spin_unlock(&s->lock);
			continue;
		}
		j = list_first_entry(&s->jobs, struct job, node);
		if (j->prio > 9) {
			spin_unlock(&s->lock);
			break;
		}
		n++;
		spin_unlock(&s->lock);
	}
	return n;
}

static int spool_thread(void *data)
{
	struct spool *s = data;

	while (!kthread_should_stop()) {
		wait_event_interruptible(s->wait, kthread_should_stop() ||
					 spool_count_urgent(s, 1));
		spool_drain(s);
	}
	return 0;
}

static int __init spool_init(void)
{
	spin_lock_init(&spool.lock);
	INIT_LIST_HEAD(&spool.jobs);
	init_waitqueue_head(&spool.wait);
	spool.task = kthread_run(spool_thread, &spool, "spool");
	return PTR_ERR_OR_ZERO(spool.task);
}

static void __exit spool_exit(void)
{
	kthread_stop(spool.task);
}

module_init(spool_init);
module_exit(spool_exit);
MODULE_LICENSE("GPL");
