// SPDX-License-Identifier: GPL-2.0
/*
 * Locked once before the loop, unlocked in each round.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

#define SLOTS	8

struct rack {
	struct mutex lock;
	u32 slot[SLOTS];
};

static struct rack rack;
static struct dentry *rack_file;

static void rack_power_on(u32 *slot)
{
	*slot |= 1;
}

static int rack_set(void *data, u64 mask)
{
	struct rack *r = data;
	int i;

	mutex_lock(&r->lock);
	for (i = 0; i < SLOTS; i++) {
		if (mask & BIT(i))
			rack_power_on(&r->slot[i]);
		mutex_unlock(&r->lock); /* want: unlock-not-held */
	}
	return 0; /* may: missing-unlock */
}

static int rack_get(void *data, u64 *mask)
{
	struct rack *r = data;
	int i;

	*mask = 0;
	mutex_lock(&r->lock);
	for (i = 0; i < SLOTS; i++)
		if (r->slot[i] & 1)
			*mask |= BIT(i);
	mutex_unlock(&r->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(rack_fops, rack_get, rack_set, "%llx\n");

static int __init rack_init(void)
{
	mutex_init(&rack.lock);
	rack_file = debugfs_create_file_unsafe("rack", 0600, NULL, &rack, &rack_fops);
	return 0;
}

static void __exit rack_exit(void)
{
	debugfs_remove(rack_file);
}

module_init(rack_init);
module_exit(rack_exit);
MODULE_LICENSE("GPL");
