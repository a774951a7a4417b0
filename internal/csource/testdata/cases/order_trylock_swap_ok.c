// SPDX-License-Identifier: GPL-2.0
/*
 * With the inner lock held, try the outer one; if that fails drop the inner
 * lock, take both in the right order and look again.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct jrn {
	spinlock_t state_lock;
	spinlock_t list_lock;
	u32 commits;
	u32 queued;
};

static struct jrn jrn;

static void jrn_commit(struct jrn *j)
{
	spin_lock(&j->state_lock);
	spin_lock(&j->list_lock);
	j->commits += j->queued;
	j->queued = 0;
	spin_unlock(&j->list_lock);
	spin_unlock(&j->state_lock);
}

static void jrn_queue(struct jrn *j)
{
	spin_lock(&j->list_lock);
	if (!spin_trylock(&j->state_lock)) {
		spin_unlock(&j->list_lock);
		spin_lock(&j->state_lock);
		spin_lock(&j->list_lock);
	}
	j->queued++;
	spin_unlock(&j->list_lock);
	spin_unlock(&j->state_lock);
}

static ssize_t jrn_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	jrn_queue(&jrn);
	return len;
}

static int jrn_fsync(struct file *f, loff_t start, loff_t end, int datasync)
{
	jrn_commit(&jrn);
	return 0;
}

static const struct file_operations jrn_fops = {
	.owner	= THIS_MODULE,
	.write	= jrn_write,
	.fsync	= jrn_fsync,
};

static struct miscdevice jrn_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "jrn",
	.fops	= &jrn_fops,
};

static int __init jrn_init(void)
{
	spin_lock_init(&jrn.state_lock);
	spin_lock_init(&jrn.list_lock);
	return misc_register(&jrn_misc);
}

static void __exit jrn_exit(void)
{
	misc_deregister(&jrn_misc);
}

module_init(jrn_init);
module_exit(jrn_exit);
MODULE_LICENSE("GPL");
