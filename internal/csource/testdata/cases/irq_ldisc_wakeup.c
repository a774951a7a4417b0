// SPDX-License-Identifier: GPL-2.0
/*
 * A line discipline's write_wakeup() is called by the serial driver's
 * interrupt handler; close() takes the lock for writing with interrupts on.
 */
#include <linux/module.h>
#include <linux/tty.h>
#include <linux/tty_ldisc.h>
#include <linux/rwlock.h>
#include <linux/slab.h>

struct sixp {
	struct tty_struct *tty;
	u8 buf[64];
	int left;
};

static DEFINE_RWLOCK(disc_lock);

static struct sixp *sixp_get(struct tty_struct *tty)
{
	struct sixp *s;

	read_lock(&disc_lock); /* want: irq-unsafe-lock */
	s = tty->disc_data;
	read_unlock(&disc_lock);
	return s;
}

static void sixp_write_wakeup(struct tty_struct *tty)
{
	struct sixp *s = sixp_get(tty); /* want: irq-unsafe-lock */

	if (s && s->left > 0)
		s->left -= tty->ops->write(tty, s->buf, s->left);
}

static int sixp_open(struct tty_struct *tty)
{
	struct sixp *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	s->tty = tty;
	tty->disc_data = s;
	return 0;
}

static void sixp_close(struct tty_struct *tty)
{
	struct sixp *s;

	write_lock(&disc_lock); /* want: irq-unsafe-lock */
	s = tty->disc_data;
	tty->disc_data = NULL;
	write_unlock(&disc_lock);
	kfree(s);
}

static struct tty_ldisc_ops sixp_ldisc = {
	.owner		= THIS_MODULE,
	.num		= N_6PACK,
	.name		= "sixp",
	.open		= sixp_open,
	.close		= sixp_close,
	.write_wakeup	= sixp_write_wakeup,
};

static int __init sixp_init(void)
{
	return tty_register_ldisc(&sixp_ldisc);
}

static void __exit sixp_exit(void)
{
	tty_unregister_ldisc(&sixp_ldisc);
}

module_init(sixp_init);
module_exit(sixp_exit);
MODULE_LICENSE("GPL");
