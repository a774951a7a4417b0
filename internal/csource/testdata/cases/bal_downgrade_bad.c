// SPDX-License-Identifier: GPL-2.0
/*
 * After downgrade_write() the lock is released as if it were a write lock.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/debugfs.h>

struct vtab {
	struct rw_semaphore sem;
	u64 gen;
	u64 rows;
};

static struct vtab vtab;
static struct dentry *vtab_file;

static int vtab_set(void *data, u64 val)
{
	struct vtab *v = data;

	down_write(&v->sem);
	v->gen++;
	v->rows = val;
	downgrade_write(&v->sem);
	if (v->rows > 1000)
		pr_info("vtab: %llu rows\n", v->rows);
	up_write(&v->sem); /* want: unlock-not-held|missing-unlock */
	return 0;
}

static int vtab_get(void *data, u64 *val)
{
	struct vtab *v = data;

	down_read(&v->sem);
	*val = v->rows;
	up_read(&v->sem);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(vtab_fops, vtab_get, vtab_set, "%llu\n");

static int __init vtab_init(void)
{
	init_rwsem(&vtab.sem);
	vtab_file = debugfs_create_file_unsafe("vtab", 0600, NULL, &vtab, &vtab_fops);
	return 0;
}

static void __exit vtab_exit(void)
{
	debugfs_remove(vtab_file);
}

module_init(vtab_init);
module_exit(vtab_exit);
MODULE_LICENSE("GPL");
