// SPDX-License-Identifier: GPL-2.0
/*
 * The lock is dropped to allocate, then everything is looked at again.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/debugfs.h>

struct ent {
	struct list_head node;
	u64 key;
	u64 refs;
};

static DEFINE_SPINLOCK(ents_lock);
static LIST_HEAD(ents);
static struct dentry *ents_file;

static struct ent *ent_find(u64 key)
{
	struct ent *e;

	list_for_each_entry(e, &ents, node)
		if (e->key == key)
			return e;
	return NULL;
}

static int ent_get(u64 key)
{
	struct ent *fresh = NULL, *e;

retry:
	spin_lock(&ents_lock);
	e = ent_find(key);
	if (!e) {
		if (!fresh) {
			spin_unlock(&ents_lock);
			fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
			if (!fresh)
				return -ENOMEM;
			goto retry;
		}
		e = fresh;
		fresh = NULL;
		e->key = key;
		list_add(&e->node, &ents);
	}
	e->refs++;
	spin_unlock(&ents_lock);
	kfree(fresh);
	return 0;
}

static int ents_set(void *data, u64 val)
{
	return ent_get(val);
}

static int ents_get(void *data, u64 *val)
{
	struct ent *e;

	spin_lock(&ents_lock);
	e = ent_find(0);
	*val = e ? e->refs : 0;
	spin_unlock(&ents_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ents_fops, ents_get, ents_set, "%llu\n");

static int __init ents_init(void)
{
	ents_file = debugfs_create_file_unsafe("ents", 0600, NULL, NULL, &ents_fops);
	return 0;
}

static void __exit ents_exit(void)
{
	struct ent *e, *n;

	debugfs_remove(ents_file);
	list_for_each_entry_safe(e, n, &ents, node)
		kfree(e);
}

module_init(ents_init);
module_exit(ents_exit);
MODULE_LICENSE("GPL");
