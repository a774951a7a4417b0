// SPDX-License-Identifier: GPL-2.0
/*
 * Two locks of one type, in two members and two array elements: never the
 * same lock twice, and always in the same order.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct lane {
	spinlock_t lock;
	u32 words;
};

struct link2 {
	struct lane up;
	struct lane down;
	struct lane spare[2];
};

static struct link2 link2;
static struct lock_class_key down_key, spare1_key;
static struct dentry *link_file;

static int link_swap(void *data, u64 val)
{
	struct link2 *l = data;

	spin_lock(&l->up.lock);
	spin_lock(&l->down.lock);
	swap(l->up.words, l->down.words);
	spin_unlock(&l->down.lock);
	spin_unlock(&l->up.lock);

	spin_lock(&l->spare[0].lock);
	spin_lock(&l->spare[1].lock);
	swap(l->spare[0].words, l->spare[1].words);
	spin_unlock(&l->spare[1].lock);
	spin_unlock(&l->spare[0].lock);
	return 0;
}

static int link_get(void *data, u64 *val)
{
	struct link2 *l = data;

	spin_lock(&l->up.lock);
	*val = l->up.words;
	spin_unlock(&l->up.lock);
	spin_lock(&l->down.lock);
	*val += l->down.words;
	spin_unlock(&l->down.lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(link_fops, link_get, link_swap, "%llu\n");

static int __init link_init(void)
{
	spin_lock_init(&link2.up.lock);
	spin_lock_init(&link2.down.lock);
	spin_lock_init(&link2.spare[0].lock);
	spin_lock_init(&link2.spare[1].lock);
	/* The inner ones are classes of their own for lockdep. */
	lockdep_set_class(&link2.down.lock, &down_key);
	lockdep_set_class(&link2.spare[1].lock, &spare1_key);
	link_file = debugfs_create_file_unsafe("link2", 0600, NULL, &link2, &link_fops);
	return 0;
}

static void __exit link_exit(void)
{
	debugfs_remove(link_file);
}

module_init(link_init);
module_exit(link_exit);
MODULE_LICENSE("GPL");
