// SPDX-License-Identifier: GPL-2.0
/*
 * Only the error path sleeps before it unlocks.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>
#include <linux/dmaengine.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct blit {
	spinlock_t lock;
	struct dma_chan *chan;
	u32 jobs;
};

static struct blit blit;

static int blit_start(struct blit *b, dma_addr_t src, dma_addr_t dst, size_t len)
{
	struct dma_async_tx_descriptor *tx;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&b->lock, flags);
	tx = dmaengine_prep_dma_memcpy(b->chan, dst, src, len, DMA_PREP_INTERRUPT);
	if (!tx) {
		dmaengine_terminate_sync(b->chan); /* want: sleep-in-atomic */
		ret = -EIO;
		goto out;
	}
	dmaengine_submit(tx);
	dma_async_issue_pending(b->chan);
	b->jobs++;
out:
	spin_unlock_irqrestore(&b->lock, flags);
	return ret;
}

static long blit_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return blit_start(&blit, arg, arg + 4096, 4096);
}

static const struct file_operations blit_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= blit_ioctl,
};

static struct miscdevice blit_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "blit",
	.fops	= &blit_fops,
};

static int __init blit_init(void)
{
	dma_cap_mask_t mask;

	dma_cap_zero(mask);
	dma_cap_set(DMA_MEMCPY, mask);
	spin_lock_init(&blit.lock);
	blit.chan = dma_request_chan_by_mask(&mask);
	if (IS_ERR(blit.chan))
		return PTR_ERR(blit.chan);
	return misc_register(&blit_misc);
}

static void __exit blit_exit(void)
{
	misc_deregister(&blit_misc);
	dma_release_channel(blit.chan);
}

module_init(blit_init);
module_exit(blit_exit);
MODULE_LICENSE("GPL");
