// SPDX-License-Identifier: GPL-2.0
/*
 * Wants to write what it holds for reading.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct mapx {
	struct rw_semaphore sem;
	u64 *slot;
	u64 misses;
};

static struct mapx mapx;
static struct dentry *mapx_file;

static int mapx_get(void *data, u64 *val)
{
	struct mapx *m = data;

	down_read(&m->sem);
	if (!m->slot) {
		down_write(&m->sem); /* want: recursive-lock */
		m->slot = kzalloc(sizeof(*m->slot), GFP_KERNEL);
		m->misses++;
		up_write(&m->sem);
	}
	*val = m->slot ? *m->slot : 0;
	up_read(&m->sem);
	return 0;
}

static int mapx_set(void *data, u64 val)
{
	struct mapx *m = data;
	int ret = -ENODATA;

	down_write(&m->sem);
	if (m->slot) {
		*m->slot = val;
		ret = 0;
	}
	up_write(&m->sem);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(mapx_fops, mapx_get, mapx_set, "%llu\n");

static int __init mapx_init(void)
{
	init_rwsem(&mapx.sem);
	mapx_file = debugfs_create_file_unsafe("mapx", 0600, NULL, &mapx, &mapx_fops);
	return 0;
}

static void __exit mapx_exit(void)
{
	debugfs_remove(mapx_file);
	kfree(mapx.slot);
}

module_init(mapx_init);
module_exit(mapx_exit);
MODULE_LICENSE("GPL");
