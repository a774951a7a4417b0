// SPDX-License-Identifier: GPL-2.0
/*
 * Two instances of one class, always the lower address first.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/minmax.h>
#include <linux/debugfs.h>

#define NACC	8

struct acct {
	struct mutex lock;
	s64 balance;
};

static struct acct accts[NACC];
static struct dentry *acct_file;

static void acct_lock_two(struct acct *a, struct acct *b)
{
	if (a == b) {
		mutex_lock(&a->lock);
	} else if (a < b) {
		mutex_lock(&a->lock);
		mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	} else {
		mutex_lock(&b->lock);
		mutex_lock_nested(&a->lock, SINGLE_DEPTH_NESTING);
	}
}

static void acct_unlock_two(struct acct *a, struct acct *b)
{
	mutex_unlock(&a->lock);
	if (a != b)
		mutex_unlock(&b->lock);
}

static int acct_move(void *data, u64 val)
{
	struct acct *from = &accts[(val >> 8) % NACC];
	struct acct *to = &accts[val % NACC];
	int ret = 0;

	acct_lock_two(from, to);
	if (from->balance < 1) {
		ret = -ENOSPC;
		goto out;
	}
	from->balance--;
	to->balance++;
out:
	acct_unlock_two(from, to);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(acct_fops, NULL, acct_move, "%llu\n");

static int __init acct_init(void)
{
	int i;

	for (i = 0; i < NACC; i++) {
		mutex_init(&accts[i].lock);
		accts[i].balance = 100;
	}
	acct_file = debugfs_create_file_unsafe("acct", 0200, NULL, NULL, &acct_fops);
	return 0;
}

static void __exit acct_exit(void)
{
	debugfs_remove(acct_file);
}

module_init(acct_init);
module_exit(acct_exit);
MODULE_LICENSE("GPL");
