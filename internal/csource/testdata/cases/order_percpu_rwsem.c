// SPDX-License-Identifier: GPL-2.0
/*
 * A per-CPU rwsem and a mutex: the writer of one waits for its readers, who
 * wait for the mutex.
 */
#include <linux/module.h>
#include <linux/percpu-rwsem.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

DEFINE_STATIC_PERCPU_RWSEM(freeze_sem);
static DEFINE_MUTEX(jobs_mutex);
static u64 jobs;
static struct dentry *fz_file;

static int fz_submit(void *data, u64 val)
{
	percpu_down_read(&freeze_sem);
	mutex_lock(&jobs_mutex); /* want: lock-order-inversion */
	jobs += val;
	mutex_unlock(&jobs_mutex);
	percpu_up_read(&freeze_sem);
	return 0;
}

static int fz_freeze(void *data, u64 *val)
{
	mutex_lock(&jobs_mutex);
	percpu_down_write(&freeze_sem); /* want: lock-order-inversion */
	*val = jobs;
	percpu_up_write(&freeze_sem);
	mutex_unlock(&jobs_mutex);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(fz_fops, fz_freeze, fz_submit, "%llu\n");

static int __init fz_init(void)
{
	fz_file = debugfs_create_file_unsafe("freeze", 0600, NULL, NULL, &fz_fops);
	return 0;
}

static void __exit fz_exit(void)
{
	debugfs_remove(fz_file);
}

module_init(fz_init);
module_exit(fz_exit);
MODULE_LICENSE("GPL");
