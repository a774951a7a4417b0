// SPDX-License-Identifier: GPL-2.0
/*
 * The lock is chosen by an index that does not change between lock and
 * unlock; and a local pointer to a lock is set on two branches.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/jhash.h>
#include <linux/debugfs.h>

#define STRIPES		8

struct stripe {
	spinlock_t lock;
	u64 n;
};

static struct stripe stripes[STRIPES];
static DEFINE_SPINLOCK(slow_lock);
static u64 slow;
static struct dentry *stripe_file;

static int stripe_set(void *data, u64 val)
{
	unsigned int i = jhash_1word((u32)val, 0) % STRIPES;
	spinlock_t *lock;
	u64 *n;

	if (val > 1000) {
		lock = &slow_lock;
		n = &slow;
	} else {
		lock = &stripes[i].lock;
		n = &stripes[i].n;
	}
	spin_lock(lock);
	*n += val;
	if (*n > 100000) {
		*n = 0;
		spin_unlock(lock);
		return -EOVERFLOW;
	}
	spin_unlock(lock);

	spin_lock(&stripes[i].lock);
	stripes[i].n++;
	spin_unlock(&stripes[i].lock);
	return 0;
}

static int stripe_get(void *data, u64 *val)
{
	int i;

	*val = 0;
	for (i = 0; i < STRIPES; i++) {
		struct stripe *s = stripes + i;

		spin_lock(&s->lock);
		*val += s->n;
		spin_unlock(&stripes[i].lock);
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(stripe_fops, stripe_get, stripe_set, "%llu\n");

static int __init stripe_init(void)
{
	int i;

	for (i = 0; i < STRIPES; i++)
		spin_lock_init(&stripes[i].lock);
	stripe_file = debugfs_create_file_unsafe("stripes", 0600, NULL, NULL, &stripe_fops);
	return 0;
}

static void __exit stripe_exit(void)
{
	debugfs_remove(stripe_file);
}

module_init(stripe_init);
module_exit(stripe_exit);
MODULE_LICENSE("GPL");
