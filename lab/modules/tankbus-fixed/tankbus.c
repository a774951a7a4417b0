// SPDX-License-Identifier: GPL-2.0
/*
 * Tanks on a bus: liquid is moved from one to another. A tank is claimed
 * while its level changes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/slab.h>

#define TANK_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct tank {
	struct semaphore busy;
	int level;
};

struct tank_bus {
	struct tank *inlet;
	struct tank *outlet;
	struct task_struct *filler;
	struct task_struct *drainer;
};

static struct tank_bus *bus;

static void tank_claim(struct tank *t)
{
	down(&t->busy);
}

static void tank_release(struct tank *t)
{
	up(&t->busy);
}

static void tank_move(struct tank *from, struct tank *to, int amount)
{
	struct tank *first = from < to ? from : to;
	struct tank *second = from < to ? to : from;

	/* Tanks are claimed by rising address. */
	tank_claim(first);
	msleep(settle_ms);	/* until the sensor is calm */
	tank_claim(second);

	from->level -= amount;
	to->level += amount;

	tank_release(to);
	tank_release(from);
}

static struct tank *tank_new(int level)
{
	struct tank *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	sema_init(&t->busy, 1);
	t->level = level;
	return t;
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool tank_next(void)
{
	schedule_timeout_interruptible(TANK_PERIOD - jiffies % TANK_PERIOD);
	return !kthread_should_stop();
}

static int tank_fill_thread(void *data)
{
	struct tank_bus *b = data;

	while (tank_next()) {
		tank_move(b->inlet, b->outlet, 3);
		if (serial)
			tank_move(b->outlet, b->inlet, 2);
	}
	return 0;
}

static int tank_drain_thread(void *data)
{
	struct tank_bus *b = data;

	while (tank_next())
		tank_move(b->outlet, b->inlet, 2);
	return 0;
}

static void tank_bus_free(struct tank_bus *b)
{
	kfree(b->inlet);
	kfree(b->outlet);
	kfree(b);
}

static void tankbus_stop(void)
{
	if (!IS_ERR_OR_NULL(bus->drainer))
		kthread_stop(bus->drainer);
	if (!IS_ERR_OR_NULL(bus->filler))
		kthread_stop(bus->filler);
}

static int __init tankbus_init(void)
{
	bus = kzalloc(sizeof(*bus), GFP_KERNEL);
	if (!bus)
		return -ENOMEM;
	bus->inlet = tank_new(100);
	bus->outlet = tank_new(0);
	if (!bus->inlet || !bus->outlet) {
		tank_bus_free(bus);
		return -ENOMEM;
	}

	if (!autostart)
		return 0;

	bus->filler = kthread_run(tank_fill_thread, bus, "tank-fill");
	if (IS_ERR(bus->filler))
		goto fail;
	if (serial)
		return 0;

	bus->drainer = kthread_run(tank_drain_thread, bus, "tank-drain");
	if (IS_ERR(bus->drainer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	tankbus_stop();
	tank_bus_free(bus);
	return -ENOMEM;
}

static void __exit tankbus_exit(void)
{
	tankbus_stop();
	tank_bus_free(bus);
}

module_init(tankbus_init);
module_exit(tankbus_exit);

MODULE_DESCRIPTION("Tanks on a bus");
MODULE_LICENSE("GPL");
