// SPDX-License-Identifier: GPL-2.0
/*
 * Moves between two queues that the user names: move(a, b) and move(b, a) at
 * the same time take the same two locks in opposite orders, and move(a, a)
 * takes one lock twice.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

#define NQ	4

struct wq {
	spinlock_t lock;
	struct list_head jobs;
	unsigned int len;
};

static struct wq queues[NQ];

static void wq_move_all(struct wq *from, struct wq *to)
{
	spin_lock(&from->lock);
	spin_lock(&to->lock); /* want: lock-order-inversion|recursive-lock */
	list_splice_tail_init(&from->jobs, &to->jobs);
	to->len += from->len;
	from->len = 0;
	spin_unlock(&to->lock);
	spin_unlock(&from->lock);
}

static long wq_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	unsigned int from = arg & 0xff, to = (arg >> 8) & 0xff;

	if (from >= NQ || to >= NQ)
		return -EINVAL;
	wq_move_all(&queues[from], &queues[to]);
	return 0;
}

static const struct file_operations wq_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= wq_ioctl,
};

static struct miscdevice wq_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "wqmove",
	.fops	= &wq_fops,
};

static int __init wq_init(void)
{
	int i;

	for (i = 0; i < NQ; i++) {
		spin_lock_init(&queues[i].lock);
		INIT_LIST_HEAD(&queues[i].jobs);
	}
	return misc_register(&wq_misc);
}

static void __exit wq_exit(void)
{
	misc_deregister(&wq_misc);
}

module_init(wq_init);
module_exit(wq_exit);
MODULE_LICENSE("GPL");
