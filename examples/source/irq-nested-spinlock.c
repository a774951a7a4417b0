// SPDX-License-Identifier: GPL-2.0
/*
 * An interrupt handler takes two nested spinlocks. That is allowed: what is
 * wrong is that process context takes the inner one with interrupts on. If
 * the interrupt comes on that CPU in between, the handler spins for a lock
 * that cannot be released before the handler returns.
 *
 * Bug: stats_lock in irqnest_show(), against irqnest_handler().
 * Cure: irq-nested-spinlock-fixed.c
 *
 * The module shares an interrupt line that exists: insmod … irq=1 for the
 * keyboard's of a PC.
 */
#include <linux/debugfs.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/spinlock.h>

struct irqnest {
	spinlock_t ring_lock;
	spinlock_t stats_lock;
	u32 ring[64];
	unsigned int head;
	u64 interrupts;
	u64 overruns;
};

static struct irqnest nest;
static struct dentry *nest_file;
static int irq = 1;
module_param(irq, int, 0444);

static void irqnest_account(struct irqnest *n, bool overrun)
{
	spin_lock(&n->stats_lock);
	n->interrupts++;
	if (overrun)
		n->overruns++;
	spin_unlock(&n->stats_lock);
}

static irqreturn_t irqnest_handler(int line, void *data)
{
	struct irqnest *n = data;

	spin_lock(&n->ring_lock);
	n->ring[n->head++ % ARRAY_SIZE(n->ring)] = line;
	irqnest_account(n, n->head % ARRAY_SIZE(n->ring) == 0);
	spin_unlock(&n->ring_lock);
	return IRQ_NONE;	/* the interrupt was the other driver's */
}

static int irqnest_show(void *data, u64 *val)
{
	struct irqnest *n = data;

	spin_lock(&n->stats_lock);
	*val = n->interrupts;
	spin_unlock(&n->stats_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(irqnest_fops, irqnest_show, NULL, "%llu\n");

static int __init irqnest_init(void)
{
	int ret;

	spin_lock_init(&nest.ring_lock);
	spin_lock_init(&nest.stats_lock);
	ret = request_irq(irq, irqnest_handler, IRQF_SHARED, "irqnest", &nest);
	if (ret)
		return ret;
	nest_file = debugfs_create_file_unsafe("irqnest", 0400, NULL, &nest, &irqnest_fops);
	return 0;
}

static void __exit irqnest_exit(void)
{
	debugfs_remove(nest_file);
	free_irq(irq, &nest);
}

module_init(irqnest_init);
module_exit(irqnest_exit);

MODULE_DESCRIPTION("A handler's spinlock taken with interrupts on");
MODULE_LICENSE("GPL");
