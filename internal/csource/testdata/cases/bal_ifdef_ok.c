// SPDX-License-Identifier: GPL-2.0
/*
 * The lock's kind, and what may be called under it, depend on the
 * configuration; both halves always belong together.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct csum {
#ifdef CONFIG_CSUM_SLEEPING
	struct mutex lock;
#else
	spinlock_t lock;
#endif
	u32 *tab;
	u32 n;
};

static struct csum csum;
static struct dentry *csum_file;

#ifdef CONFIG_CSUM_SLEEPING
#define csum_lock(c)	mutex_lock(&(c)->lock)
#define csum_unlock(c)	mutex_unlock(&(c)->lock)
#define CSUM_GFP	GFP_KERNEL
#else
#define csum_lock(c)	spin_lock(&(c)->lock)
#define csum_unlock(c)	spin_unlock(&(c)->lock)
#define CSUM_GFP	GFP_ATOMIC
#endif

static int csum_grow(void *data, u64 n)
{
	struct csum *c = data;
	u32 *tab;
	int ret = 0;

	csum_lock(c);
	if (n <= c->n)
		goto out;
	tab = krealloc(c->tab, n * sizeof(*tab), CSUM_GFP);
	if (!tab) {
		ret = -ENOMEM;
		goto out;
	}
	c->tab = tab;
	c->n = n;
out:
	csum_unlock(c);
	return ret;
}

static int csum_get(void *data, u64 *val)
{
	struct csum *c = data;

#if IS_ENABLED(CONFIG_CSUM_SLEEPING)
	mutex_lock(&c->lock);
	*val = c->n;
	mutex_unlock(&c->lock);
#else
	spin_lock(&c->lock);
	*val = c->n;
	spin_unlock(&c->lock);
#endif
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(csum_fops, csum_get, csum_grow, "%llu\n");

static int __init csum_init(void)
{
#ifdef CONFIG_CSUM_SLEEPING
	mutex_init(&csum.lock);
#else
	spin_lock_init(&csum.lock);
#endif
	csum_file = debugfs_create_file_unsafe("csum", 0600, NULL, &csum, &csum_fops);
	return 0;
}

static void __exit csum_exit(void)
{
	debugfs_remove(csum_file);
	kfree(csum.tab);
}

module_init(csum_init);
module_exit(csum_exit);
MODULE_LICENSE("GPL");
