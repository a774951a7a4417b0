// SPDX-License-Identifier: GPL-2.0
/*
 * Found inside the loop, returned from inside the loop, lock and all.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/hashtable.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct sess {
	struct hlist_node node;
	u32 id;
	bool dead;
};

static DEFINE_SPINLOCK(sess_lock);
static DEFINE_HASHTABLE(sess_table, 4);
static struct dentry *sess_file;

static int sess_kill(u32 id)
{
	struct sess *s;

	spin_lock_bh(&sess_lock);
	hash_for_each_possible(sess_table, s, node, id) {
		if (s->id != id)
			continue;
		if (s->dead)
			return -ESHUTDOWN; /* want: missing-unlock */
		s->dead = true;
		spin_unlock_bh(&sess_lock);
		return 0;
	}
	spin_unlock_bh(&sess_lock);
	return -ENOENT;
}

static int sess_new(u32 id)
{
	struct sess *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->id = id;
	spin_lock_bh(&sess_lock);
	hash_add(sess_table, &s->node, id);
	spin_unlock_bh(&sess_lock);
	return 0;
}

static int sess_set(void *data, u64 val)
{
	return val & 1 ? sess_new((u32)val) : sess_kill((u32)val);
}
DEFINE_DEBUGFS_ATTRIBUTE(sess_fops, NULL, sess_set, "%llu\n");

static int __init sess_init(void)
{
	sess_file = debugfs_create_file_unsafe("sess", 0200, NULL, NULL, &sess_fops);
	return 0;
}

static void __exit sess_exit(void)
{
	debugfs_remove(sess_file);
}

module_init(sess_init);
module_exit(sess_exit);
MODULE_LICENSE("GPL");
