// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of three locks: a spinlock wrapper, a helper and a nested call.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

struct pool {
	spinlock_t lock;
	spinlock_t stat_lock;
	struct list_head items;
	u64 hits;
};

static DEFINE_SPINLOCK(pools_lock);
static struct pool pool;

#define pool_lock(p)	spin_lock(&(p)->lock)
#define pool_unlock(p)	spin_unlock(&(p)->lock)

static void pool_account(struct pool *p)
{
	spin_lock(&p->stat_lock); /* want: lock-order-inversion */
	p->hits++;
	spin_unlock(&p->stat_lock);
}

static void pool_put(struct pool *p, struct list_head *item)
{
	pool_lock(p);
	list_add(item, &p->items);
	pool_account(p); /* want: lock-order-inversion */
	pool_unlock(p);
}

static int pool_drain_all(void)
{
	int n = 0;

	spin_lock(&pools_lock);
	pool_lock(&pool); /* want: lock-order-inversion */
	while (!list_empty(&pool.items)) {
		list_del_init(pool.items.next);
		n++;
	}
	pool_unlock(&pool);
	spin_unlock(&pools_lock);
	return n;
}

static int pool_show(struct seq_file *m, void *v)
{
	struct pool *p = m->private;

	spin_lock(&p->stat_lock);
	seq_printf(m, "%llu\n", p->hits);
	if (p->hits > 1000) {
		spin_lock(&pools_lock); /* want: lock-order-inversion */
		p->hits = 0;
		spin_unlock(&pools_lock);
	}
	spin_unlock(&p->stat_lock);
	return 0;
}

static ssize_t pool_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	struct list_head *item;

	if (len == 1)
		return pool_drain_all() ? len : -ENODATA;
	item = kmalloc(sizeof(*item), GFP_KERNEL);
	if (!item)
		return -ENOMEM;
	pool_put(&pool, item);
	return len;
}

static int pool_open(struct inode *inode, struct file *file)
{
	return single_open(file, pool_show, &pool);
}

static const struct proc_ops pool_proc_ops = {
	.proc_open	= pool_open,
	.proc_read	= seq_read,
	.proc_write	= pool_write,
	.proc_lseek	= seq_lseek,
	.proc_release	= single_release,
};

static int __init pool_init(void)
{
	spin_lock_init(&pool.lock);
	spin_lock_init(&pool.stat_lock);
	INIT_LIST_HEAD(&pool.items);
	return proc_create("pool", 0600, NULL, &pool_proc_ops) ? 0 : -ENOMEM;
}

static void __exit pool_exit(void)
{
	remove_proc_entry("pool", NULL);
}

module_init(pool_init);
module_exit(pool_exit);
MODULE_LICENSE("GPL");
