// SPDX-License-Identifier: GPL-2.0
/*
 * What a function returns says what it holds: an enum, a bool by pointer, a
 * positive count.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

enum claim { CLAIM_NONE, CLAIM_MUTEX, CLAIM_SPIN };

struct multi {
	struct mutex mutex;
	spinlock_t spin;
	u64 n;
	bool fast;
	bool closed;
};

static struct multi multi;
static struct dentry *multi_file;

static enum claim multi_claim(struct multi *m)
{
	if (m->closed)
		return CLAIM_NONE;
	if (m->fast) {
		spin_lock(&m->spin);
		return CLAIM_SPIN;
	}
	mutex_lock(&m->mutex);
	return CLAIM_MUTEX;
}

static void multi_unclaim(struct multi *m, enum claim c)
{
	switch (c) {
	case CLAIM_SPIN:
		spin_unlock(&m->spin);
		break;
	case CLAIM_MUTEX:
		mutex_unlock(&m->mutex);
		break;
	case CLAIM_NONE:
		break;
	}
}

/* Returns how many there are, with the mutex held if there is one. */
static int multi_pin(struct multi *m)
{
	mutex_lock(&m->mutex);
	if (m->n)
		return 1;
	mutex_unlock(&m->mutex);
	return 0;
}

static int multi_set(void *data, u64 val)
{
	struct multi *m = data;
	enum claim c = multi_claim(m);

	if (c == CLAIM_NONE)
		return -ESHUTDOWN;
	m->n = val;
	multi_unclaim(m, c);
	return 0;
}

static int multi_get(void *data, u64 *val)
{
	struct multi *m = data;

	*val = 0;
	if (multi_pin(m) > 0) {
		*val = m->n;
		mutex_unlock(&m->mutex);
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(multi_fops, multi_get, multi_set, "%llu\n");

static int __init multi_init(void)
{
	mutex_init(&multi.mutex);
	spin_lock_init(&multi.spin);
	multi_file = debugfs_create_file_unsafe("multi", 0600, NULL, &multi, &multi_fops);
	return 0;
}

static void __exit multi_exit(void)
{
	debugfs_remove(multi_file);
}

module_init(multi_init);
module_exit(multi_exit);
MODULE_LICENSE("GPL");
