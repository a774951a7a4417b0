// SPDX-License-Identifier: GPL-2.0
/*
 * irq_work and smp_call_function callbacks run with interrupts off; the lock
 * is taken with interrupts off everywhere else.
 */
#include <linux/module.h>
#include <linux/irq_work.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct tally {
	raw_spinlock_t lock;
	struct irq_work work;
	u64 n;
};

static struct tally tally;
static struct dentry *tally_file;

static void tally_irq_work(struct irq_work *w)
{
	struct tally *t = container_of(w, struct tally, work);

	raw_spin_lock(&t->lock);
	t->n++;
	raw_spin_unlock(&t->lock);
}

static void tally_ipi(void *info)
{
	struct tally *t = info;

	raw_spin_lock(&t->lock);
	t->n += 10;
	raw_spin_unlock(&t->lock);
}

static int tally_set(void *data, u64 val)
{
	struct tally *t = data;

	if (val)
		irq_work_queue(&t->work);
	else
		on_each_cpu(tally_ipi, t, 1);
	return 0;
}

static int tally_get(void *data, u64 *val)
{
	struct tally *t = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&t->lock, flags);
	*val = t->n;
	raw_spin_unlock_irqrestore(&t->lock, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tally_fops, tally_get, tally_set, "%llu\n");

static int __init tally_init(void)
{
	raw_spin_lock_init(&tally.lock);
	init_irq_work(&tally.work, tally_irq_work);
	tally_file = debugfs_create_file_unsafe("tally", 0600, NULL, &tally, &tally_fops);
	return 0;
}

static void __exit tally_exit(void)
{
	debugfs_remove(tally_file);
	irq_work_sync(&tally.work);
}

module_init(tally_init);
module_exit(tally_exit);
MODULE_LICENSE("GPL");
