// SPDX-License-Identifier: GPL-2.0
/*
 * A block driver: the timer that times requests out takes the lock in
 * softirq. queue_rq() turns interrupts off for it, debugfs does not.
 */
#include <linux/module.h>
#include <linux/blk-mq.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct rdx {
	spinlock_t lock;
	struct timer_list timeout;
	struct request *cur;
	u32 errors;
};

static struct rdx rdx;
static struct dentry *rdx_file;

static blk_status_t rdx_queue_rq(struct blk_mq_hw_ctx *hctx, const struct blk_mq_queue_data *bd)
{
	struct rdx *r = hctx->queue->queuedata;
	unsigned long flags;

	spin_lock_irqsave(&r->lock, flags);
	if (r->cur) {
		spin_unlock_irqrestore(&r->lock, flags);
		return BLK_STS_DEV_RESOURCE;
	}
	r->cur = bd->rq;
	blk_mq_start_request(bd->rq);
	spin_unlock_irqrestore(&r->lock, flags);
	mod_timer(&r->timeout, jiffies + HZ);
	return BLK_STS_OK;
}

const struct blk_mq_ops rdx_mq_ops = {
	.queue_rq	= rdx_queue_rq,
};

static void rdx_timeout(struct timer_list *t)
{
	struct rdx *r = from_timer(r, t, timeout);
	struct request *rq;

	spin_lock(&r->lock); /* want: irq-unsafe-lock */
	rq = r->cur;
	r->cur = NULL;
	r->errors++;
	spin_unlock(&r->lock);
	if (rq)
		blk_mq_end_request(rq, BLK_STS_TIMEOUT);
}

static int rdx_get(void *data, u64 *val)
{
	struct rdx *r = data;

	spin_lock(&r->lock); /* want: irq-unsafe-lock */
	*val = r->errors;
	spin_unlock(&r->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(rdx_fops, rdx_get, NULL, "%llu\n");

static int __init rdx_init(void)
{
	spin_lock_init(&rdx.lock);
	timer_setup(&rdx.timeout, rdx_timeout, 0);
	rdx_file = debugfs_create_file_unsafe("rdx", 0400, NULL, &rdx, &rdx_fops);
	return 0;
}

static void __exit rdx_exit(void)
{
	debugfs_remove(rdx_file);
	del_timer_sync(&rdx.timeout);
}

module_init(rdx_init);
module_exit(rdx_exit);
MODULE_LICENSE("GPL");
