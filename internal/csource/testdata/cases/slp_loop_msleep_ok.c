// SPDX-License-Identifier: GPL-2.0
/*
 * A retry loop that sleeps at its end, after each way through has released
 * the spinlock; and a switch that releases in every case.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/err.h>

enum { LS_INIT, LS_MOUNT, LS_READY };

struct lockspace {
	spinlock_t spin;
	int state;
	u32 rounds;
	struct task_struct *task;
};

static struct lockspace ls;

static int ls_mount(struct lockspace *l)
{
	int ret;

restart:
	spin_lock(&l->spin);
	switch (l->state) {
	case LS_INIT:
		l->state = LS_MOUNT;
		spin_unlock(&l->spin);
		break;
	case LS_MOUNT:
		if (l->rounds++ > 10) {
			l->state = LS_READY;
			spin_unlock(&l->spin);
			goto restart;
		}
		spin_unlock(&l->spin);
		msleep(10);
		goto restart;
	case LS_READY:
		ret = 0;
		goto out;
	default:
		ret = -EINVAL;
		goto out;
	}
	msleep(1);
	return -EAGAIN;
out:
	spin_unlock(&l->spin);
	return ret;
}

static int ls_thread(void *data)
{
	while (!kthread_should_stop() && ls_mount(data) == -EAGAIN)
		msleep(100);
	while (!kthread_should_stop())
		msleep(100);
	return 0;
}

static int __init ls_init(void)
{
	spin_lock_init(&ls.spin);
	ls.task = kthread_run(ls_thread, &ls, "ls");
	return PTR_ERR_OR_ZERO(ls.task);
}

static void __exit ls_exit(void)
{
	kthread_stop(ls.task);
}

module_init(ls_init);
module_exit(ls_exit);
MODULE_LICENSE("GPL");
