// SPDX-License-Identifier: GPL-2.0
/*
 * Init takes the locks in the other order, before anything is registered;
 * nobody else runs yet.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

static DEFINE_MUTEX(tbl_lock);
static DEFINE_MUTEX(idx_lock);
static u32 tbl[16];
static u32 idx;
static struct dentry *tbl_file;

static int tbl_put(void *data, u64 val)
{
	mutex_lock(&tbl_lock);
	mutex_lock(&idx_lock);
	tbl[idx++ % ARRAY_SIZE(tbl)] = (u32)val;
	mutex_unlock(&idx_lock);
	mutex_unlock(&tbl_lock);
	return 0;
}

static int tbl_get(void *data, u64 *val)
{
	mutex_lock(&idx_lock);
	*val = idx;
	mutex_unlock(&idx_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tbl_fops, tbl_get, tbl_put, "%llu\n");

static int __init tbl_init(void)
{
	int i;

	mutex_lock(&idx_lock);
	mutex_lock(&tbl_lock);
	for (i = 0; i < ARRAY_SIZE(tbl); i++)
		tbl[i] = i;
	idx = 0;
	mutex_unlock(&tbl_lock);
	mutex_unlock(&idx_lock);

	tbl_file = debugfs_create_file_unsafe("tbl", 0600, NULL, NULL, &tbl_fops);
	return 0;
}

static void __exit tbl_exit(void)
{
	debugfs_remove(tbl_file);
}

module_init(tbl_init);
module_exit(tbl_exit);
MODULE_LICENSE("GPL");
