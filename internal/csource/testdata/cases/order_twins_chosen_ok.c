// SPDX-License-Identifier: GPL-2.0
/*
 * Two objects of one kind, moved between in both directions by a helper that
 * takes the one with the lower address first.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/mutex.h>

struct tank {
	struct mutex busy;
	int level;
};

struct tank_bus {
	struct tank *inlet;
	struct tank *outlet;
};

static void tank_move(struct tank *from, struct tank *to, int n)
{
	struct tank *first = from < to ? from : to;
	struct tank *second = from < to ? to : from;

	mutex_lock(&first->busy);
	mutex_lock_nested(&second->busy, SINGLE_DEPTH_NESTING);
	from->level -= n;
	to->level += n;
	mutex_unlock(&to->busy);
	mutex_unlock(&from->busy);
}

static ssize_t fill_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t n)
{
	struct tank_bus *b = dev_get_drvdata(dev);

	tank_move(b->inlet, b->outlet, 1);
	return n;
}
static DEVICE_ATTR_WO(fill);

static ssize_t drain_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t n)
{
	struct tank_bus *b = dev_get_drvdata(dev);

	tank_move(b->outlet, b->inlet, 1);
	return n;
}
static DEVICE_ATTR_WO(drain);

static struct attribute *tank_attrs[] = {
	&dev_attr_fill.attr,
	&dev_attr_drain.attr,
	NULL,
};
ATTRIBUTE_GROUPS(tank);
MODULE_LICENSE("GPL");
