// SPDX-License-Identifier: GPL-2.0
/*
 * guard(spinlock) holds to the end of the function; the allocation below it
 * sleeps.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/debugfs.h>

struct bead {
	struct list_head node;
	u64 val;
};

static DEFINE_SPINLOCK(beads_lock);
static LIST_HEAD(beads);
static struct dentry *bead_file;

static int bead_set(void *data, u64 val)
{
	struct bead *b;

	guard(spinlock)(&beads_lock);
	list_for_each_entry(b, &beads, node)
		if (b->val == val)
			return -EEXIST;

	b = kmalloc(sizeof(*b), GFP_KERNEL); /* want: sleep-in-atomic */
	if (!b)
		return -ENOMEM;
	b->val = val;
	list_add(&b->node, &beads);
	return 0;
}

static int bead_get(void *data, u64 *val)
{
	struct bead *b;

	*val = 0;
	guard(spinlock)(&beads_lock);
	list_for_each_entry(b, &beads, node)
		*val += b->val;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bead_fops, bead_get, bead_set, "%llu\n");

static int __init bead_init(void)
{
	bead_file = debugfs_create_file_unsafe("beads", 0600, NULL, NULL, &bead_fops);
	return 0;
}

static void __exit bead_exit(void)
{
	struct bead *b, *n;

	debugfs_remove(bead_file);
	list_for_each_entry_safe(b, n, &beads, node)
		kfree(b);
}

module_init(bead_init);
module_exit(bead_exit);
MODULE_LICENSE("GPL");
