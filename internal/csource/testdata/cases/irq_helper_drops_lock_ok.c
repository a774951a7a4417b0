// SPDX-License-Identifier: GPL-2.0
/* A helper drops its caller's lock, and with it turns interrupts on, for a while. */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/delay.h>

struct chan {
	spinlock_t lock;
	int atomic;
	int n;
};

static void chan_idle(struct chan *c)
	__releases(&c->lock) __acquires(&c->lock)
{
	if (c->atomic)
		spin_unlock(&c->lock);
	else
		spin_unlock_irq(&c->lock);
	c->n++;
	if (c->atomic)
		spin_lock(&c->lock);
	else
		spin_lock_irq(&c->lock);
}

void chan_forbid(struct chan *c)
{
	spin_lock_irq(&c->lock);
	if (c->n > 2)
		chan_idle(c);
	spin_unlock_irq(&c->lock);
}

/* Returns with the lock, and with interrupts off, if it found something. */
static int chan_find_and_hold(struct chan *c, int n)
{
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	if (c->n < n) {
		spin_unlock_irqrestore(&c->lock, flags);
		return -ENOENT;
	}
	return c->n;
}

int chan_use(struct chan *c)
{
	int n = chan_find_and_hold(c, 2);

	if (n < 0)
		return n;
	c->n--;
	spin_unlock_irq(&c->lock);
	return 0;
}

MODULE_LICENSE("GPL");
