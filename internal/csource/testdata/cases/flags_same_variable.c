// SPDX-License-Identifier: GPL-2.0
/*
 * One flags variable for two nested locks: the second save overwrites the
 * first, so interrupts stay off for ever.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct pairx {
	spinlock_t a;
	spinlock_t b;
	u32 na, nb;
};

static struct pairx pairx;
static struct dentry *pair_file;

static int pair_set(void *data, u64 val)
{
	struct pairx *p = data;
	unsigned long flags;

	spin_lock_irqsave(&p->a, flags);
	p->na += val;
	spin_lock_irqsave(&p->b, flags); /* want: irq-flags-misuse */
	p->nb += val;
	spin_unlock_irqrestore(&p->b, flags);
	spin_unlock_irqrestore(&p->a, flags); /* want: irq-flags-misuse */
	return 0;
}

static int pair_get(void *data, u64 *val)
{
	struct pairx *p = data;
	unsigned long flags;

	spin_lock_irqsave(&p->b, flags);
	*val = p->nb;
	spin_unlock_irqrestore(&p->b, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(pair_fops, pair_get, pair_set, "%llu\n");

static int __init pair_init(void)
{
	spin_lock_init(&pairx.a);
	spin_lock_init(&pairx.b);
	pair_file = debugfs_create_file_unsafe("pairx", 0600, NULL, &pairx, &pair_fops);
	return 0;
}

static void __exit pair_exit(void)
{
	debugfs_remove(pair_file);
}

module_init(pair_init);
module_exit(pair_exit);
MODULE_LICENSE("GPL");
