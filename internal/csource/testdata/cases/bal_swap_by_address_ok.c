// SPDX-License-Identifier: GPL-2.0
/*
 * Two objects of a kind are locked by rising address: the helper swaps its
 * arguments, and the caller releases the two without knowing which was first.
 */
#include <linux/device.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

struct account {
	struct mutex lock;
	int credits;
};

static void account_lock_two(struct account *a, struct account *b)
{
	if (a > b)
		swap(a, b);
	mutex_lock(&a->lock);
	mutex_lock_nested(&b->lock, SINGLE_DEPTH_NESTING);
}

static void account_unlock_two(struct account *a, struct account *b)
{
	mutex_unlock(&a->lock);
	mutex_unlock(&b->lock);
}

static void account_move(struct account *from, struct account *to, int n)
{
	account_lock_two(from, to);
	from->credits -= n;
	to->credits += n;
	account_unlock_two(from, to);
}

static struct account left, right;

static ssize_t pay_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t n)
{
	account_move(&left, &right, 5);
	return n;
}
static DEVICE_ATTR_WO(pay);

static ssize_t refund_store(struct device *dev, struct device_attribute *attr, const char *buf, size_t n)
{
	account_move(&right, &left, 5);
	return n;
}
static DEVICE_ATTR_WO(refund);

static struct attribute *account_attrs[] = {
	&dev_attr_pay.attr,
	&dev_attr_refund.attr,
	NULL,
};
ATTRIBUTE_GROUPS(account);
MODULE_LICENSE("GPL");
