// SPDX-License-Identifier: GPL-2.0
/*
 * A sorted list walked hand over hand: the next node is locked before the
 * one behind it is released.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct hnode {
	spinlock_t lock;
	u64 key;
	struct hnode *next;
};

static struct hnode head;
static struct dentry *hl_file;

/* Returns with the lock of the last node whose key is not above @key held. */
static struct hnode *hl_find(u64 key)
{
	struct hnode *cur = &head, *next;

	spin_lock(&cur->lock);
	while ((next = cur->next) && next->key <= key) {
		spin_lock_nested(&next->lock, SINGLE_DEPTH_NESTING);
		spin_unlock(&cur->lock);
		cur = next;
	}
	return cur;
}

static int hl_insert(void *data, u64 key)
{
	struct hnode *n = kmalloc(sizeof(*n), GFP_KERNEL);
	struct hnode *at;

	if (!n)
		return -ENOMEM;
	spin_lock_init(&n->lock);
	n->key = key;
	at = hl_find(key);
	n->next = at->next;
	at->next = n;
	spin_unlock(&at->lock);
	return 0;
}

static int hl_last(void *data, u64 *val)
{
	struct hnode *at = hl_find(U64_MAX);

	*val = at->key;
	spin_unlock(&at->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(hl_fops, hl_last, hl_insert, "%llu\n");

static int __init hl_init(void)
{
	spin_lock_init(&head.lock);
	hl_file = debugfs_create_file_unsafe("hlist", 0600, NULL, NULL, &hl_fops);
	return 0;
}

module_init(hl_init);
MODULE_LICENSE("GPL");
