// SPDX-License-Identifier: GPL-2.0
/*
 * The same helper, but one caller gives its arguments the other way round.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct dua {
	struct mutex first;
	struct mutex second;
	u64 n;
};

static struct dua dua;
static struct dentry *dua_file;

static void nest_both(struct mutex *outer, struct mutex *inner, u64 *n, u64 val)
{
	mutex_lock(outer);
	mutex_lock(inner); /* want: lock-order-inversion */
	*n = val;
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static int dua_set(void *data, u64 val)
{
	struct dua *d = data;

	nest_both(&d->first, &d->second, &d->n, val); /* want: lock-order-inversion */
	return 0;
}

static int dua_get(void *data, u64 *val)
{
	struct dua *d = data;

	*val = d->n;
	nest_both(&d->second, &d->first, &d->n, 0); /* want: lock-order-inversion */
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(dua_fops, dua_get, dua_set, "%llu\n");

static int __init dua_init(void)
{
	mutex_init(&dua.first);
	mutex_init(&dua.second);
	dua_file = debugfs_create_file_unsafe("dua", 0600, NULL, &dua, &dua_fops);
	return 0;
}

static void __exit dua_exit(void)
{
	debugfs_remove(dua_file);
}

module_init(dua_init);
module_exit(dua_exit);
MODULE_LICENSE("GPL");
