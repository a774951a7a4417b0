// SPDX-License-Identifier: GPL-2.0
/*
 * A DMA completion callback that may run from the submit path takes the lock
 * that submit holds: the driver's own software channel calls it at once.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct swdma {
	spinlock_t lock;
	void (*done)(void *arg);
	void *arg;
	u32 copies;
};

static struct swdma swdma;
static struct dentry *swdma_file;

static void swdma_copy(struct swdma *d, void (*done)(void *), void *arg)
{
	spin_lock(&d->lock);
	d->copies++;
	if (done)
		done(arg); /* want: recursive-lock */
	spin_unlock(&d->lock);
}

static void swdma_retry(void *arg)
{
	struct swdma *d = arg;

	spin_lock(&d->lock); /* want: recursive-lock */
	d->copies--;
	spin_unlock(&d->lock);
}

static int swdma_set(void *data, u64 val)
{
	struct swdma *d = data;

	swdma_copy(d, val ? NULL : swdma_retry, d);
	if (val > 2)
		swdma_copy(d, swdma_retry, d); /* want: recursive-lock */
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(swdma_fops, NULL, swdma_set, "%llu\n");

static int __init swdma_init(void)
{
	spin_lock_init(&swdma.lock);
	swdma_file = debugfs_create_file_unsafe("swdma", 0200, NULL, &swdma, &swdma_fops);
	return 0;
}

static void __exit swdma_exit(void)
{
	debugfs_remove(swdma_file);
}

module_init(swdma_init);
module_exit(swdma_exit);
MODULE_LICENSE("GPL");
