// SPDX-License-Identifier: GPL-2.0
/*
 * find_locked() returns with the object's lock held; one caller forgets that
 * when it finds the object unfit.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>

struct flow {
	struct list_head node;
	spinlock_t lock;
	u32 key;
	u32 quota;
};

static DEFINE_SPINLOCK(flows_lock);
static LIST_HEAD(flows);

static struct flow *flow_find_locked(u32 key)
{
	struct flow *f;

	spin_lock(&flows_lock);
	list_for_each_entry(f, &flows, node) {
		if (f->key == key) {
			spin_lock(&f->lock);
			spin_unlock(&flows_lock);
			return f;
		}
	}
	spin_unlock(&flows_lock);
	return NULL;
}

static int flow_refill(u32 key, u32 quota)
{
	struct flow *f = flow_find_locked(key);

	if (!f)
		return -ENOENT;
	if (f->quota > quota)
		return -EINVAL; /* want: missing-unlock */
	f->quota = quota;
	spin_unlock(&f->lock);
	return 0;
}

static int flow_reset(u32 key)
{
	struct flow *f = flow_find_locked(key);

	if (!f)
		return -ENOENT;
	f->quota = 0;
	spin_unlock(&f->lock);
	return 0;
}

static ssize_t flow_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	u32 key;
	int ret = kstrtou32_from_user(ubuf, len, 0, &key);

	if (!ret)
		ret = key & 1 ? flow_refill(key, 100) : flow_reset(key);
	return ret ? ret : len;
}

static const struct proc_ops flow_proc_ops = {
	.proc_write	= flow_write,
};

static int __init flow_init(void)
{
	return proc_create("flowx", 0200, NULL, &flow_proc_ops) ? 0 : -ENOMEM;
}

static void __exit flow_exit(void)
{
	remove_proc_entry("flowx", NULL);
}

module_init(flow_init);
module_exit(flow_exit);
MODULE_LICENSE("GPL");
