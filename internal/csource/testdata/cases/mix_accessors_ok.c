// SPDX-License-Identifier: GPL-2.0
/*
 * Generated lock, unlock, get and set functions, by pasting; used in one
 * order.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct box {
	spinlock_t head_lock;
	spinlock_t tail_lock;
	u32 head;
	u32 tail;
};

static struct box box;
static struct dentry *box_file;

#define BOX_LOCK_FUNCS(name)						\
static inline void box_lock_##name(struct box *b)			\
{									\
	spin_lock(&b->name##_lock);					\
}									\
static inline void box_unlock_##name(struct box *b)			\
{									\
	spin_unlock(&b->name##_lock);					\
}									\
static u32 box_get_##name(struct box *b)				\
{									\
	u32 v;								\
									\
	box_lock_##name(b);						\
	v = b->name;							\
	box_unlock_##name(b);						\
	return v;							\
}

BOX_LOCK_FUNCS(head)
BOX_LOCK_FUNCS(tail)

static int box_set(void *data, u64 val)
{
	struct box *b = data;

	box_lock_head(b);
	b->head = (u32)val;
	box_lock_tail(b);
	b->tail = (u32)(val >> 32);
	box_unlock_tail(b);
	box_unlock_head(b);
	return 0;
}

static int box_get(void *data, u64 *val)
{
	*val = (u64)box_get_tail(data) << 32 | box_get_head(data);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(box_fops, box_get, box_set, "%llx\n");

static int __init box_init(void)
{
	spin_lock_init(&box.head_lock);
	spin_lock_init(&box.tail_lock);
	box_file = debugfs_create_file_unsafe("box", 0600, NULL, &box, &box_fops);
	return 0;
}

static void __exit box_exit(void)
{
	debugfs_remove(box_file);
}

module_init(box_init);
module_exit(box_exit);
MODULE_LICENSE("GPL");
