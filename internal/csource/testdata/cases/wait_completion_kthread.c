// SPDX-License-Identifier: GPL-2.0
/*
 * The thread must get past the semaphore before it completes.
 */
#include <linux/module.h>
#include <linux/kthread.h>
#include <linux/completion.h>
#include <linux/semaphore.h>
#include <linux/err.h>
#include <linux/debugfs.h>

struct bootx {
	struct semaphore sem;
	struct completion ready;
	struct task_struct *task;
	u32 stage;
};

static struct bootx bootx;
static struct dentry *bootx_file;

static int bootx_thread(void *data)
{
	struct bootx *b = data;

	down(&b->sem); /* want: wait-under-lock */
	b->stage++;
	up(&b->sem);
	complete(&b->ready);
	return 0;
}

static int bootx_set(void *data, u64 val)
{
	struct bootx *b = data;
	int ret = 0;

	down(&b->sem);
	reinit_completion(&b->ready);
	b->task = kthread_run(bootx_thread, b, "bootx");
	if (IS_ERR(b->task))
		ret = PTR_ERR(b->task);
	else
		wait_for_completion(&b->ready); /* want: wait-under-lock */
	up(&b->sem);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(bootx_fops, NULL, bootx_set, "%llu\n");

static int __init bootx_init(void)
{
	sema_init(&bootx.sem, 1);
	init_completion(&bootx.ready);
	bootx_file = debugfs_create_file_unsafe("bootx", 0200, NULL, &bootx, &bootx_fops);
	return 0;
}

static void __exit bootx_exit(void)
{
	debugfs_remove(bootx_file);
}

module_init(bootx_init);
module_exit(bootx_exit);
MODULE_LICENSE("GPL");
