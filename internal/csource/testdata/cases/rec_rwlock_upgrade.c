// SPDX-License-Identifier: GPL-2.0
/*
 * read_lock, then write_lock of the same rwlock two calls below.
 */
#include <linux/module.h>
#include <linux/rwlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct nbr {
	struct list_head node;
	u32 addr;
	bool stale;
};

struct nbr_table {
	rwlock_t lock;
	struct list_head list;
	u32 purged;
};

static struct nbr_table tbl;

static void nbr_purge(struct nbr_table *t)
{
	write_lock_bh(&t->lock); /* want: recursive-lock */
	t->purged++;
	write_unlock_bh(&t->lock);
}

static void nbr_check(struct nbr_table *t, struct nbr *n)
{
	if (n->stale)
		nbr_purge(t);
}

static struct nbr *nbr_lookup(struct nbr_table *t, u32 addr)
{
	struct nbr *n, *found = NULL;

	read_lock_bh(&t->lock);
	list_for_each_entry(n, &t->list, node) {
		nbr_check(t, n); /* want: recursive-lock */
		if (n->addr == addr)
			found = n;
	}
	read_unlock_bh(&t->lock);
	return found;
}

static long nbr_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return nbr_lookup(&tbl, (u32)arg) ? 0 : -ENOENT;
}

static const struct file_operations nbr_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= nbr_ioctl,
};

static struct miscdevice nbr_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "nbr",
	.fops	= &nbr_fops,
};

static int __init nbr_init(void)
{
	rwlock_init(&tbl.lock);
	INIT_LIST_HEAD(&tbl.list);
	return misc_register(&nbr_misc);
}

static void __exit nbr_exit(void)
{
	misc_deregister(&nbr_misc);
}

module_init(nbr_init);
module_exit(nbr_exit);
MODULE_LICENSE("GPL");
