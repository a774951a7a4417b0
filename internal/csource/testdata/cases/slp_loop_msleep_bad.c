// SPDX-License-Identifier: GPL-2.0
/*
 * The same loop, where one case sleeps before it has released the lock.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/err.h>

enum { LT_INIT, LT_MOUNT, LT_READY };

struct lockspot {
	spinlock_t spin;
	int state;
	u32 rounds;
	struct task_struct *task;
};

static struct lockspot lt;

static int lt_mount(struct lockspot *l)
{
	int ret = 0;

restart:
	spin_lock(&l->spin);
	switch (l->state) {
	case LT_INIT:
		l->state = LT_MOUNT;
		break;
	case LT_MOUNT:
		if (l->rounds++ > 10) {
			l->state = LT_READY;
			break;
		}
		msleep(10); /* want: sleep-in-atomic */
		spin_unlock(&l->spin);
		goto restart;
	case LT_READY:
		ret = 1;
		break;
	}
	spin_unlock(&l->spin);
	return ret;
}

static int lt_thread(void *data)
{
	while (!kthread_should_stop())
		if (lt_mount(data))
			msleep(100);
	return 0;
}

static int __init lt_init(void)
{
	spin_lock_init(&lt.spin);
	lt.task = kthread_run(lt_thread, &lt, "lt");
	return PTR_ERR_OR_ZERO(lt.task);
}

static void __exit lt_exit(void)
{
	kthread_stop(lt.task);
}

module_init(lt_init);
module_exit(lt_exit);
MODULE_LICENSE("GPL");
