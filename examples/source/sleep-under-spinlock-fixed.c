// SPDX-License-Identifier: GPL-2.0
/*
 * sleep-under-spinlock.c with everything that may sleep done before the lock
 * is taken. What remains under it is one list operation.
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#define MEMO_MAX	64

struct memo {
	struct list_head node;
	size_t len;
	char text[MEMO_MAX];
};

static DEFINE_SPINLOCK(memos_lock);
static LIST_HEAD(memos);

static struct memo *memo_new(size_t len)
{
	struct memo *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (m)
		m->len = len;
	return m;
}

static ssize_t memo_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct memo *m;

	if (len > MEMO_MAX)
		return -EINVAL;

	m = memo_new(len);
	if (!m)
		return -ENOMEM;
	if (copy_from_user(m->text, buf, len)) {
		kfree(m);
		return -EFAULT;
	}

	spin_lock(&memos_lock);
	list_add_tail(&m->node, &memos);
	spin_unlock(&memos_lock);
	return len;
}

static const struct file_operations memo_fops = {
	.owner	= THIS_MODULE,
	.write	= memo_write,
};

static struct miscdevice memo_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "memo",
	.fops	= &memo_fops,
};

static int __init memo_init(void)
{
	return misc_register(&memo_misc);
}

static void __exit memo_exit(void)
{
	struct memo *m, *next;

	misc_deregister(&memo_misc);
	list_for_each_entry_safe(m, next, &memos, node)
		kfree(m);
}

module_init(memo_init);
module_exit(memo_exit);

MODULE_DESCRIPTION("Nothing sleeps under the spinlock");
MODULE_LICENSE("GPL");
