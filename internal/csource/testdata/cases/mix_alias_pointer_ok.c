// SPDX-License-Identifier: GPL-2.0
/*
 * Locked by one name, released by another: a local copy of the pointer, a
 * member that points back, container_of of the embedded part.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct core {
	struct mutex lock;
	u64 n;
};

struct unit {
	struct core *core;
	struct core own;
	struct list_head node;
};

static struct unit unit;
static struct dentry *unit_file;

static int unit_bump(struct unit *u, u64 val)
{
	struct core *c = u->core;

	mutex_lock(&u->core->lock);
	if (val > 100) {
		mutex_unlock(&c->lock);
		return -ERANGE;
	}
	c->n = val;
	mutex_unlock(&u->core->lock);
	return 0;
}

static int core_bump(struct core *c, u64 val)
{
	struct unit *u = container_of(c, struct unit, own);

	mutex_lock(&c->lock);
	u->own.n += val;
	mutex_unlock(&u->own.lock);
	return 0;
}

static int unit_set(void *data, u64 val)
{
	struct unit *u = data;
	struct mutex *m = &u->core->lock;
	int ret = unit_bump(u, val);

	if (ret)
		return ret;
	mutex_lock(m);
	u->core->n++;
	mutex_unlock(m);
	return core_bump(&u->own, val);
}
DEFINE_DEBUGFS_ATTRIBUTE(unit_fops, NULL, unit_set, "%llu\n");

static int __init unit_init(void)
{
	unit.core = kzalloc(sizeof(*unit.core), GFP_KERNEL);
	if (!unit.core)
		return -ENOMEM;
	mutex_init(&unit.core->lock);
	mutex_init(&unit.own.lock);
	unit_file = debugfs_create_file_unsafe("unit", 0200, NULL, &unit, &unit_fops);
	return 0;
}

static void __exit unit_exit(void)
{
	debugfs_remove(unit_file);
	kfree(unit.core);
}

module_init(unit_init);
module_exit(unit_exit);
MODULE_LICENSE("GPL");
