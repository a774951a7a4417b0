// SPDX-License-Identifier: GPL-2.0
/*
 * Both orders of bus_lock and data_lock exist, but which of them is taken is
 * decided when the module is loaded, for all callers alike.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

static bool shared = true;
module_param(shared, bool, 0444);

static DEFINE_MUTEX(bus_lock);
static DEFINE_MUTEX(data_lock);
static u64 value, calibrated;
static struct dentry *sense_file;

static int sense_get(void *data, u64 *val)
{
	if (shared)
		mutex_lock(&bus_lock);
	mutex_lock(&data_lock);
	*val = value++;
	mutex_unlock(&data_lock);
	if (shared)
		mutex_unlock(&bus_lock);
	return 0;
}

static int sense_set(void *data, u64 val)
{
	if (!shared)
		mutex_lock(&data_lock);
	mutex_lock(&bus_lock);
	if (shared)
		mutex_lock(&data_lock);
	calibrated = val;
	mutex_unlock(&data_lock);
	mutex_unlock(&bus_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sense_fops, sense_get, sense_set, "%llu\n");

static int __init sense_init(void)
{
	sense_file = debugfs_create_file_unsafe("sense", 0600, NULL, NULL, &sense_fops);
	return 0;
}

static void __exit sense_exit(void)
{
	debugfs_remove(sense_file);
}

module_init(sense_init);
module_exit(sense_exit);
MODULE_LICENSE("GPL");
