// SPDX-License-Identifier: GPL-2.0
/*
 * The helper allocates with the flags that it is given; under the spinlock
 * it is given GFP_ATOMIC, GFP_NOWAIT or what a variable says.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/debugfs.h>

struct stamp {
	struct list_head node;
	u64 val;
};

static DEFINE_SPINLOCK(stamps_lock);
static LIST_HEAD(stamps);
static struct dentry *stamp_file;

static struct stamp *stamp_new(u64 val, gfp_t gfp)
{
	struct stamp *s = kzalloc(sizeof(*s), gfp | __GFP_NOWARN);

	if (s)
		s->val = val;
	return s;
}

static int stamp_add_locked(u64 val, bool atomic)
{
	struct stamp *s = stamp_new(val, atomic ? GFP_ATOMIC : GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	list_add(&s->node, &stamps);
	return 0;
}

static int stamp_set(void *data, u64 val)
{
	gfp_t gfp = GFP_ATOMIC;
	struct stamp *s, *pre;
	int ret;

	pre = stamp_new(val, GFP_KERNEL);
	if (!pre)
		return -ENOMEM;

	spin_lock(&stamps_lock);
	list_add(&pre->node, &stamps);
	s = stamp_new(val + 1, GFP_NOWAIT);
	if (s)
		list_add(&s->node, &stamps);
	s = stamp_new(val + 2, gfp);
	if (s)
		list_add(&s->node, &stamps);
	ret = stamp_add_locked(val + 3, true);
	spin_unlock(&stamps_lock);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(stamp_fops, NULL, stamp_set, "%llu\n");

static int __init stamp_init(void)
{
	int ret = stamp_add_locked(0, false);

	if (ret)
		return ret;
	stamp_file = debugfs_create_file_unsafe("stamp", 0200, NULL, NULL, &stamp_fops);
	return 0;
}

static void __exit stamp_exit(void)
{
	struct stamp *s, *n;

	debugfs_remove(stamp_file);
	list_for_each_entry_safe(s, n, &stamps, node)
		kfree(s);
}

module_init(stamp_init);
module_exit(stamp_exit);
MODULE_LICENSE("GPL");
