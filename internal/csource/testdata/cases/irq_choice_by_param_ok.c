// SPDX-License-Identifier: GPL-2.0
/* A parameter tells whether the function runs in the interrupt. */
#include <linux/module.h>
#include <linux/interrupt.h>
#include <linux/timer.h>

struct blit {
	spinlock_t lock;
	struct timer_list timer;
	int done;
};

static void blit_handler(struct blit *b, int from_irq)
{
	unsigned long flags = 0;

	if (from_irq)
		spin_lock(&b->lock);
	else
		spin_lock_irqsave(&b->lock, flags);
	b->done++;
	if (from_irq)
		spin_unlock(&b->lock);
	else
		spin_unlock_irqrestore(&b->lock, flags);
}

static irqreturn_t blit_irq(int irq, void *data)
{
	blit_handler(data, 1);
	return IRQ_HANDLED;
}

static void blit_timer(struct timer_list *t)
{
	blit_handler(from_timer((struct blit *)NULL, t, timer), 0);
}

int blit_start(struct blit *b, int irq)
{
	spin_lock_init(&b->lock);
	timer_setup(&b->timer, blit_timer, 0);
	return request_irq(irq, blit_irq, 0, "blit", b);
}

MODULE_LICENSE("GPL");
