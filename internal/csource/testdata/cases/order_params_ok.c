// SPDX-License-Identifier: GPL-2.0
/*
 * A helper nests the two locks that it is given; its callers always give them
 * in the same order, though under other names.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct duo {
	struct mutex first;
	struct mutex second;
	u64 n;
};

static struct duo duo;
static struct dentry *duo_file;

static void nest_two(struct mutex *outer, struct mutex *inner, u64 *n, u64 val)
{
	mutex_lock(outer);
	mutex_lock_nested(inner, SINGLE_DEPTH_NESTING);
	*n = val;
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static int duo_set(void *data, u64 val)
{
	struct duo *d = data;

	nest_two(&d->first, &d->second, &d->n, val);
	return 0;
}

static int duo_get(void *data, u64 *val)
{
	struct duo *d = data;
	struct mutex *second = &d->second;

	mutex_lock(&d->first);
	mutex_lock(second);
	*val = d->n;
	mutex_unlock(second);
	mutex_unlock(&d->first);
	nest_two(&d->first, second, &d->n, 0);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(duo_fops, duo_get, duo_set, "%llu\n");

static int __init duo_init(void)
{
	mutex_init(&duo.first);
	mutex_init(&duo.second);
	duo_file = debugfs_create_file_unsafe("duo", 0600, NULL, &duo, &duo_fops);
	return 0;
}

static void __exit duo_exit(void)
{
	debugfs_remove(duo_file);
}

module_init(duo_init);
module_exit(duo_exit);
MODULE_LICENSE("GPL");
