// SPDX-License-Identifier: GPL-2.0
/*
 * Accounts of a bus: credits move from one to the other, both ways.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#define XFER_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct account {
	struct mutex lock;
	int credits;
};

struct xfer_bus {
	struct account *left;
	struct account *right;
	struct task_struct *payer;
	struct task_struct *refunder;
};

static struct xfer_bus xb;

/* Both, by rising address: whoever moves what to whom. */
static void account_lock_two(struct account *a, struct account *b)
{
	if (a > b)
		swap(a, b);
	mutex_lock(&a->lock);
	msleep(settle_ms);
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

static struct account *account_new(void)
{
	struct account *a = kzalloc(sizeof(*a), GFP_KERNEL);

	if (a)
		mutex_init(&a->lock);
	return a;
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool xfer_next(void)
{
	schedule_timeout_interruptible(XFER_PERIOD - jiffies % XFER_PERIOD);
	return !kthread_should_stop();
}

static int xfer_pay_thread(void *data)
{
	struct xfer_bus *b = data;

	while (xfer_next()) {
		account_move(b->left, b->right, 5);
		if (serial)
			account_move(b->right, b->left, 4);
	}
	return 0;
}

static int xfer_refund_thread(void *data)
{
	struct xfer_bus *b = data;

	while (xfer_next())
		account_move(b->right, b->left, 4);
	return 0;
}

static void xferpair_stop(void)
{
	if (!IS_ERR_OR_NULL(xb.refunder))
		kthread_stop(xb.refunder);
	if (!IS_ERR_OR_NULL(xb.payer))
		kthread_stop(xb.payer);
}

static int __init xferpair_init(void)
{
	xb.left = account_new();
	xb.right = account_new();
	if (!xb.left || !xb.right) {
		kfree(xb.left);
		kfree(xb.right);
		return -ENOMEM;
	}

	if (!autostart)
		return 0;

	xb.payer = kthread_run(xfer_pay_thread, &xb, "xfer-pay");
	if (IS_ERR(xb.payer))
		goto fail;
	if (serial)
		return 0;

	xb.refunder = kthread_run(xfer_refund_thread, &xb, "xfer-refund");
	if (IS_ERR(xb.refunder))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	xferpair_stop();
	kfree(xb.left);
	kfree(xb.right);
	return -ENOMEM;
}

static void __exit xferpair_exit(void)
{
	xferpair_stop();
	kfree(xb.left);
	kfree(xb.right);
}

module_init(xferpair_init);
module_exit(xferpair_exit);

MODULE_DESCRIPTION("Accounts of a bus");
MODULE_LICENSE("GPL");
