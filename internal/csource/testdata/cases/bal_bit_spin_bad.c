// SPDX-License-Identifier: GPL-2.0
/*
 * A bit spinlock in a word of flags, left locked when the slot is empty.
 */
#include <linux/module.h>
#include <linux/bit_spinlock.h>
#include <linux/debugfs.h>

#define SLOT_LOCK	31
#define NSLOT		8

struct slotmap {
	unsigned long flags[NSLOT];
	u64 handle[NSLOT];
};

static struct slotmap slots;
static struct dentry *slot_file;

static int slot_free(struct slotmap *m, unsigned int i)
{
	unsigned long *word = &m->flags[i];

	bit_spin_lock(SLOT_LOCK, word);
	if (!m->handle[i])
		return -ENOENT; /* want: missing-unlock */
	m->handle[i] = 0;
	bit_spin_unlock(SLOT_LOCK, word);
	return 0;
}

static int slot_use(struct slotmap *m, unsigned int i, u64 handle)
{
	int ret = -EBUSY;

	bit_spin_lock(SLOT_LOCK, &m->flags[i]);
	if (!m->handle[i]) {
		m->handle[i] = handle;
		ret = 0;
	}
	bit_spin_unlock(SLOT_LOCK, &m->flags[i]);
	return ret;
}

static int slot_set(void *data, u64 val)
{
	unsigned int i = val % NSLOT;

	return val >= NSLOT ? slot_use(data, i, val) : slot_free(data, i);
}
DEFINE_DEBUGFS_ATTRIBUTE(slot_fops, NULL, slot_set, "%llu\n");

static int __init slot_init(void)
{
	slot_file = debugfs_create_file_unsafe("slots", 0200, NULL, &slots, &slot_fops);
	return 0;
}

static void __exit slot_exit(void)
{
	debugfs_remove(slot_file);
}

module_init(slot_init);
module_exit(slot_exit);
MODULE_LICENSE("GPL");
