// SPDX-License-Identifier: GPL-2.0
/*
 * __free(kfree) of objects that hold their own lock's memory, handed over
 * with no_free_ptr() or return_ptr(); locks are released before.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/err.h>
#include <linux/debugfs.h>

struct seat {
	struct mutex lock;
	u64 row;
};

static DEFINE_MUTEX(hall_lock);
static struct seat *hall;
static struct dentry *hall_file;

static struct seat *seat_new(u64 row)
{
	struct seat *s __free(kfree) = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return ERR_PTR(-ENOMEM);
	mutex_init(&s->lock);
	scoped_guard(mutex, &s->lock)
		s->row = row;
	if (row > 40)
		return ERR_PTR(-ERANGE);
	return_ptr(s);
}

static int hall_set(void *data, u64 row)
{
	struct seat *s __free(kfree) = seat_new(row);

	if (IS_ERR(s))
		return PTR_ERR(no_free_ptr(s));
	guard(mutex)(&hall_lock);
	if (hall)
		return -EBUSY;
	hall = no_free_ptr(s);
	return 0;
}

static int hall_get(void *data, u64 *row)
{
	guard(mutex)(&hall_lock);
	if (!hall)
		return -ENODATA;
	guard(mutex)(&hall->lock);
	*row = hall->row;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(hall_fops, hall_get, hall_set, "%llu\n");

static int __init hall_init(void)
{
	hall_file = debugfs_create_file_unsafe("hall", 0600, NULL, NULL, &hall_fops);
	return 0;
}

static void __exit hall_exit(void)
{
	debugfs_remove(hall_file);
	kfree(hall);
}

module_init(hall_init);
module_exit(hall_exit);
MODULE_LICENSE("GPL");
