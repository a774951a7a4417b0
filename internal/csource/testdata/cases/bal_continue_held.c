// SPDX-License-Identifier: GPL-2.0
/*
 * `continue` skips the unlock: the next round takes the lock again.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/err.h>

#define NPORT	4

struct pport {
	spinlock_t lock;
	bool up;
	u64 polls;
};

struct panel {
	struct pport port[NPORT];
	spinlock_t lock;
	u32 sum;
	struct task_struct *task;
};

static struct panel panel;

static int panel_poll(void *data)
{
	struct panel *p = data;
	int i;

	while (!kthread_should_stop()) {
		for (i = 0; i < NPORT; i++) {
			spin_lock(&p->lock); /* want: recursive-lock|missing-unlock */
			if (!p->port[i].up)
				continue;
			p->port[i].polls++;
			p->sum++;
			spin_unlock(&p->lock);
		}
		msleep(100); /* may: sleep-in-atomic */
	}
	return 0;
}

static int __init panel_init(void)
{
	spin_lock_init(&panel.lock);
	panel.task = kthread_run(panel_poll, &panel, "panel");
	return PTR_ERR_OR_ZERO(panel.task);
}

static void __exit panel_exit(void)
{
	kthread_stop(panel.task);
}

module_init(panel_init);
module_exit(panel_exit);
MODULE_LICENSE("GPL");
