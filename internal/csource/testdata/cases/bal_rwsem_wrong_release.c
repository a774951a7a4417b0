// SPDX-License-Identifier: GPL-2.0
/*
 * The error path of a writer releases a reader.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct catalog {
	struct rw_semaphore sem;
	u64 *page;
	u64 edits;
};

static struct catalog catalog;
static struct dentry *catalog_file;

static int catalog_set(void *data, u64 val)
{
	struct catalog *c = data;

	down_write(&c->sem);
	if (!c->page) {
		c->page = kzalloc(sizeof(*c->page), GFP_KERNEL);
		if (!c->page) {
			up_read(&c->sem); /* want: unlock-not-held|missing-unlock */
			return -ENOMEM; /* want: unlock-not-held|missing-unlock */
		}
	}
	*c->page = val;
	c->edits++;
	up_write(&c->sem);
	return 0;
}

static int catalog_get(void *data, u64 *val)
{
	struct catalog *c = data;

	down_read(&c->sem);
	*val = c->page ? *c->page : 0;
	up_read(&c->sem);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(catalog_fops, catalog_get, catalog_set, "%llu\n");

static int __init catalog_init(void)
{
	init_rwsem(&catalog.sem);
	catalog_file = debugfs_create_file_unsafe("catalog", 0600, NULL, &catalog, &catalog_fops);
	return 0;
}

static void __exit catalog_exit(void)
{
	debugfs_remove(catalog_file);
	kfree(catalog.page);
}

module_init(catalog_init);
module_exit(catalog_exit);
MODULE_LICENSE("GPL");
