// SPDX-License-Identifier: GPL-2.0
/*
 * Both locks are behind macros, one a do-while, one with an argument list.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct shelf {
	struct mutex a;
	struct mutex b;
	u32 na, nb;
};

static struct shelf shelf;

#define SHELF_ENTER(s, which)			\
do {						\
	mutex_lock(&(s)->which);		\
} while (0)
#define SHELF_LEAVE(s, which)	mutex_unlock(&(s)->which)

static void shelf_fill(struct shelf *s)
{
	SHELF_ENTER(s, a);
	SHELF_ENTER(s, b); /* want: lock-order-inversion */
	s->na++;
	s->nb++;
	SHELF_LEAVE(s, b);
	SHELF_LEAVE(s, a);
}

static void shelf_empty(struct shelf *s)
{
	SHELF_ENTER(s, b);
	if (s->nb) {
		SHELF_ENTER(s, a); /* want: lock-order-inversion */
		s->na = 0;
		SHELF_LEAVE(s, a);
	}
	SHELF_LEAVE(s, b);
}

static long shelf_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (arg)
		shelf_fill(&shelf);
	else
		shelf_empty(&shelf);
	return 0;
}

static const struct file_operations shelf_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= shelf_ioctl,
};

static struct miscdevice shelf_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "shelf",
	.fops	= &shelf_fops,
};

static int __init shelf_init(void)
{
	mutex_init(&shelf.a);
	mutex_init(&shelf.b);
	return misc_register(&shelf_misc);
}

static void __exit shelf_exit(void)
{
	misc_deregister(&shelf_misc);
}

module_init(shelf_init);
module_exit(shelf_exit);
MODULE_LICENSE("GPL");
