// SPDX-License-Identifier: GPL-2.0
/*
 * hrtimer_try_to_cancel() and try_to_del_timer_sync() do not wait; the caller
 * drops the lock when they say that the callback runs.
 */
#include <linux/module.h>
#include <linux/hrtimer.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct tryc {
	spinlock_t lock;
	struct hrtimer fast;
	struct timer_list slow;
	u64 n;
	bool stop;
};

static struct tryc tryc;
static struct dentry *tryc_file;

static enum hrtimer_restart tryc_fast(struct hrtimer *t)
{
	struct tryc *c = container_of(t, struct tryc, fast);
	enum hrtimer_restart ret = HRTIMER_NORESTART;

	spin_lock(&c->lock);
	c->n++;
	if (!c->stop) {
		hrtimer_forward_now(t, ms_to_ktime(1));
		ret = HRTIMER_RESTART;
	}
	spin_unlock(&c->lock);
	return ret;
}

static void tryc_slow(struct timer_list *t)
{
	struct tryc *c = from_timer(c, t, slow);
	unsigned long flags;

	spin_lock_irqsave(&c->lock, flags);
	c->n += 100;
	spin_unlock_irqrestore(&c->lock, flags);
}

static int tryc_set(void *data, u64 val)
{
	struct tryc *c = data;
	unsigned long flags;

retry:
	spin_lock_irqsave(&c->lock, flags);
	c->stop = !val;
	if (hrtimer_try_to_cancel(&c->fast) < 0 || try_to_del_timer_sync(&c->slow) < 0) {
		spin_unlock_irqrestore(&c->lock, flags);
		cpu_relax();
		goto retry;
	}
	if (val) {
		hrtimer_start(&c->fast, ms_to_ktime(1), HRTIMER_MODE_REL);
		mod_timer(&c->slow, jiffies + HZ);
	}
	spin_unlock_irqrestore(&c->lock, flags);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tryc_fops, NULL, tryc_set, "%llu\n");

static int __init tryc_init(void)
{
	spin_lock_init(&tryc.lock);
	hrtimer_init(&tryc.fast, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	tryc.fast.function = tryc_fast;
	timer_setup(&tryc.slow, tryc_slow, 0);
	tryc_file = debugfs_create_file_unsafe("tryc", 0200, NULL, &tryc, &tryc_fops);
	return 0;
}

static void __exit tryc_exit(void)
{
	debugfs_remove(tryc_file);
	hrtimer_cancel(&tryc.fast);
	del_timer_sync(&tryc.slow);
}

module_init(tryc_init);
module_exit(tryc_exit);
MODULE_LICENSE("GPL");
