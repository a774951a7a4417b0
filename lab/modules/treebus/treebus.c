// SPDX-License-Identifier: GPL-2.0
/*
 * Bridges in a tree: each has a lock; what concerns a bridge and the one above
 * it takes the upper one first.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define BRIDGE_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct bridge {
	struct mutex lock;
	struct bridge *parent;
	unsigned int windows;
};

static struct bridge *leaf;
static struct task_struct *opener;
static struct task_struct *closer;

static void bridge_open(struct bridge *b)
{
	mutex_lock(&b->parent->lock);
	b->parent->windows++;
	msleep(settle_ms);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	b->windows++;
	mutex_unlock(&b->lock);
	mutex_unlock(&b->parent->lock);
}

static void bridge_close(struct bridge *b)
{
	struct bridge *up = b->parent;

	mutex_lock(&up->lock);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
	msleep(settle_ms);
	b->windows--;
	up->windows--;
	mutex_unlock(&b->lock);
	mutex_unlock(&up->lock);
}

static struct bridge *bridge_new(struct bridge *parent)
{
	struct bridge *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return NULL;
	mutex_init(&b->lock);
	b->parent = parent;
	return b;
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool bridge_next(void)
{
	schedule_timeout_interruptible(BRIDGE_PERIOD - jiffies % BRIDGE_PERIOD);
	return !kthread_should_stop();
}

static int bridge_open_thread(void *data)
{
	while (bridge_next()) {
		bridge_open(data);
		if (serial)
			bridge_close(data);
	}
	return 0;
}

static int bridge_close_thread(void *data)
{
	while (bridge_next())
		bridge_close(data);
	return 0;
}

static void bridge_free(struct bridge *b)
{
	struct bridge *up;

	for (; b; b = up) {
		up = b->parent;
		kfree(b);
	}
}

static void treebus_stop(void)
{
	if (!IS_ERR_OR_NULL(closer))
		kthread_stop(closer);
	if (!IS_ERR_OR_NULL(opener))
		kthread_stop(opener);
}

static int __init treebus_init(void)
{
	struct bridge *root = bridge_new(NULL);

	if (!root)
		return -ENOMEM;
	leaf = bridge_new(root);
	if (!leaf) {
		bridge_free(root);
		return -ENOMEM;
	}

	if (!autostart)
		return 0;

	opener = kthread_run(bridge_open_thread, leaf, "bridge-open");
	if (IS_ERR(opener))
		goto fail;
	if (serial)
		return 0;

	closer = kthread_run(bridge_close_thread, leaf, "bridge-close");
	if (IS_ERR(closer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	treebus_stop();
	bridge_free(leaf);
	return -ENOMEM;
}

static void __exit treebus_exit(void)
{
	treebus_stop();
	bridge_free(leaf);
}

module_init(treebus_init);
module_exit(treebus_exit);

MODULE_DESCRIPTION("Bridges in a tree");
MODULE_LICENSE("GPL");
