// SPDX-License-Identifier: GPL-2.0
/*
 * A tree: the parent's lock first, then the child's with a subclass.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/debugfs.h>

enum { GRP_PARENT, GRP_CHILD };

struct grp {
	struct mutex lock;
	struct grp *parent;
	struct list_head children;
	struct list_head sibling;
	u64 used;
	u64 limit;
};

static struct grp root_grp;
static struct dentry *grp_file;

static int grp_charge(struct grp *g, u64 n)
{
	struct grp *p = g->parent;
	int ret = -EDQUOT;

	if (p)
		mutex_lock_nested(&p->lock, GRP_PARENT);
	mutex_lock_nested(&g->lock, GRP_CHILD);
	if (g->used + n > g->limit)
		goto out;
	if (p) {
		if (p->used + n > p->limit)
			goto out;
		p->used += n;
	}
	g->used += n;
	ret = 0;
out:
	mutex_unlock(&g->lock);
	if (p)
		mutex_unlock(&p->lock);
	return ret;
}

static struct grp *grp_new(struct grp *parent)
{
	struct grp *g = kzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return NULL;
	mutex_init(&g->lock);
	INIT_LIST_HEAD(&g->children);
	g->parent = parent;
	g->limit = 1024;
	mutex_lock(&parent->lock);
	list_add(&g->sibling, &parent->children);
	mutex_unlock(&parent->lock);
	return g;
}

static int grp_set(void *data, u64 val)
{
	struct grp *g = grp_new(&root_grp);

	if (!g)
		return -ENOMEM;
	return grp_charge(g, val);
}
DEFINE_DEBUGFS_ATTRIBUTE(grp_fops, NULL, grp_set, "%llu\n");

static int __init grp_init(void)
{
	mutex_init(&root_grp.lock);
	INIT_LIST_HEAD(&root_grp.children);
	root_grp.limit = 1 << 20;
	grp_file = debugfs_create_file_unsafe("grp", 0200, NULL, NULL, &grp_fops);
	return 0;
}

module_init(grp_init);
MODULE_LICENSE("GPL");
