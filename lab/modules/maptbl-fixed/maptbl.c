// SPDX-License-Identifier: GPL-2.0
/*
 * Address maps and the regions that they point into. Mapping looks a map up
 * and adds a region; unmapping looks a region up and drops the map.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#define MAP_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct map_table {
	struct rw_semaphore map_sem;
	struct rw_semaphore region_sem;
	int maps;
	int regions;
	struct task_struct *mapper;
	struct task_struct *unmapper;
};

static struct map_table *table;

static void map_add(struct map_table *t)
{
	down_read(&t->map_sem);
	if (t->maps >= 0) {
		msleep(settle_ms);	/* the walk */
		down_write(&t->region_sem);
		t->regions++;
		up_write(&t->region_sem);
	}
	up_read(&t->map_sem);
}

static void map_drop(struct map_table *t)
{
	int regions;

	down_read(&t->region_sem);
	regions = t->regions;
	msleep(settle_ms);	/* the walk */
	up_read(&t->region_sem);

	if (regions >= 0) {
		down_write(&t->map_sem);
		t->maps++;
		up_write(&t->map_sem);
	}
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool map_next(void)
{
	schedule_timeout_interruptible(MAP_PERIOD - jiffies % MAP_PERIOD);
	return !kthread_should_stop();
}

static int map_add_thread(void *data)
{
	while (map_next()) {
		map_add(data);
		if (serial)
			map_drop(data);
	}
	return 0;
}

static int map_drop_thread(void *data)
{
	while (map_next())
		map_drop(data);
	return 0;
}

static void maptbl_stop(void)
{
	if (!IS_ERR_OR_NULL(table->unmapper))
		kthread_stop(table->unmapper);
	if (!IS_ERR_OR_NULL(table->mapper))
		kthread_stop(table->mapper);
}

static int __init maptbl_init(void)
{
	table = kzalloc(sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	init_rwsem(&table->map_sem);
	init_rwsem(&table->region_sem);

	if (!autostart)
		return 0;

	table->mapper = kthread_run(map_add_thread, table, "map-add");
	if (IS_ERR(table->mapper))
		goto fail;
	if (serial)
		return 0;

	table->unmapper = kthread_run(map_drop_thread, table, "map-drop");
	if (IS_ERR(table->unmapper))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	maptbl_stop();
	kfree(table);
	return -ENOMEM;
}

static void __exit maptbl_exit(void)
{
	maptbl_stop();
	kfree(table);
}

module_init(maptbl_init);
module_exit(maptbl_exit);

MODULE_DESCRIPTION("Address maps");
MODULE_LICENSE("GPL");
