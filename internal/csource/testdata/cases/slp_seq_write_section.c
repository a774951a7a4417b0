// SPDX-License-Identifier: GPL-2.0
/*
 * vmalloc() inside a seqlock's write section, which is a spinlock.
 */
#include <linux/module.h>
#include <linux/seqlock.h>
#include <linux/vmalloc.h>
#include <linux/debugfs.h>

struct lutx {
	seqlock_t lock;
	u16 *tab;
	unsigned int n;
};

static struct lutx lutx;
static struct dentry *lut_file;

static int lut_set(void *data, u64 n)
{
	struct lutx *l = data;
	u16 *old;
	int ret = 0;

	if (n > 65536)
		return -E2BIG;
	write_seqlock(&l->lock);
	old = l->tab;
	l->tab = vzalloc(n * sizeof(u16)); /* want: sleep-in-atomic */
	if (l->tab)
		l->n = n;
	else
		ret = -ENOMEM;
	write_sequnlock(&l->lock);
	vfree(old);
	return ret;
}

static int lut_get(void *data, u64 *n)
{
	struct lutx *l = data;
	unsigned int seq;

	do {
		seq = read_seqbegin(&l->lock);
		*n = l->n;
	} while (read_seqretry(&l->lock, seq));
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(lut_fops, lut_get, lut_set, "%llu\n");

static int __init lut_init(void)
{
	seqlock_init(&lutx.lock);
	lut_file = debugfs_create_file_unsafe("lutx", 0600, NULL, &lutx, &lut_fops);
	return 0;
}

static void __exit lut_exit(void)
{
	debugfs_remove(lut_file);
	vfree(lutx.tab);
}

module_init(lut_init);
module_exit(lut_exit);
MODULE_LICENSE("GPL");
