// SPDX-License-Identifier: GPL-2.0
/* Takes two semaphores once, in the order that its parameter says. */
#include <linux/module.h>
#include <linux/semaphore.h>

static bool back;
module_param(back, bool, 0444);
MODULE_PARM_DESC(back, "take the second one first");

static struct semaphore front_sem = __SEMAPHORE_INITIALIZER(front_sem, 1);
static struct semaphore rear_sem = __SEMAPHORE_INITIALIZER(rear_sem, 1);

static noinline void take_front_first(void)
{
	down(&front_sem);
	down(&rear_sem);
	up(&rear_sem);
	up(&front_sem);
}

static noinline void take_rear_first(void)
{
	down(&rear_sem);
	down(&front_sem);
	up(&front_sem);
	up(&rear_sem);
}

static int __init oneorder_init(void)
{
	if (back)
		take_rear_first();
	else
		take_front_first();
	return 0;
}

static void __exit oneorder_exit(void)
{
}

module_init(oneorder_init);
module_exit(oneorder_exit);

MODULE_DESCRIPTION("Two semaphores");
MODULE_LICENSE("GPL");
