// SPDX-License-Identifier: GPL-2.0
/*
 * irq-nested-spinlock.c with interrupts off wherever process context holds a
 * lock that the handler takes. The handler itself may use plain spin_lock():
 * its CPU does not take the same interrupt again meanwhile.
 */
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/spinlock.h>

/* Order: ring_lock before stats_lock. Both are taken in hardirq. */
struct irqsafe {
	spinlock_t ring_lock;
	spinlock_t stats_lock;
	u32 ring[64];
	unsigned int head;
	u64 interrupts;
	u64 overruns;
};

static struct irqsafe safe;
static struct dentry *safe_file;
static int irq = 1;
module_param(irq, int, 0444);

static void irqsafe_account(struct irqsafe *s, bool overrun)
{
	spin_lock(&s->stats_lock);
	s->interrupts++;
	if (overrun)
		s->overruns++;
	spin_unlock(&s->stats_lock);
}

static irqreturn_t irqsafe_handler(int line, void *data)
{
	struct irqsafe *s = data;

	spin_lock(&s->ring_lock);
	s->ring[s->head++ % ARRAY_SIZE(s->ring)] = line;
	irqsafe_account(s, s->head % ARRAY_SIZE(s->ring) == 0);
	spin_unlock(&s->ring_lock);
	return IRQ_NONE;
}

static int irqsafe_show(void *data, u64 *val)
{
	struct irqsafe *s = data;
	unsigned long flags;

	spin_lock_irqsave(&s->stats_lock, flags);
	*val = s->interrupts;
	spin_unlock_irqrestore(&s->stats_lock, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(irqsafe_fops, irqsafe_show, NULL, "%llu\n");

static int __init irqsafe_init(void)
{
	int ret;

	spin_lock_init(&safe.ring_lock);
	spin_lock_init(&safe.stats_lock);
	ret = request_irq(irq, irqsafe_handler, IRQF_SHARED, "irqsafe", &safe);
	if (ret)
		return ret;
	safe_file = debugfs_create_file_unsafe("irqsafe", 0400, NULL, &safe, &irqsafe_fops);
	return 0;
}

static void __exit irqsafe_exit(void)
{
	debugfs_remove(safe_file);
	free_irq(irq, &safe);
}

module_init(irqsafe_init);
module_exit(irqsafe_exit);

MODULE_DESCRIPTION("A handler's spinlock taken with interrupts off");
MODULE_LICENSE("GPL");
