// SPDX-License-Identifier: GPL-2.0
/*
 * With a spinlock held the CPU may not schedule. A copy from user space may
 * fault and sleep, an allocation with GFP_KERNEL may wait for memory; then
 * others spin for the lock as long as this task sleeps.
 *
 * Bug: note_write() copies, and note_new() allocates, under notes_lock.
 * Cure: sleep-under-spinlock-fixed.c
 */
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#define NOTE_MAX	64

struct note {
	struct list_head node;
	size_t len;
	char text[NOTE_MAX];
};

static DEFINE_SPINLOCK(notes_lock);
static LIST_HEAD(notes);

static struct note *note_new(size_t len)
{
	struct note *n = kzalloc(sizeof(*n), GFP_KERNEL);

	if (n)
		n->len = len;
	return n;
}

static ssize_t note_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret = len;
	struct note *n;

	if (len > NOTE_MAX)
		return -EINVAL;

	spin_lock(&notes_lock);
	n = note_new(len);			/* may sleep */
	if (!n) {
		ret = -ENOMEM;
		goto out;
	}
	if (copy_from_user(n->text, buf, len)) {	/* may sleep, too */
		kfree(n);
		ret = -EFAULT;
		goto out;
	}
	list_add_tail(&n->node, &notes);
out:
	spin_unlock(&notes_lock);
	return ret;
}

static const struct file_operations note_fops = {
	.owner	= THIS_MODULE,
	.write	= note_write,
};

static struct miscdevice note_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "note",
	.fops	= &note_fops,
};

static int __init note_init(void)
{
	return misc_register(&note_misc);
}

static void __exit note_exit(void)
{
	struct note *n, *next;

	misc_deregister(&note_misc);
	list_for_each_entry_safe(n, next, &notes, node)
		kfree(n);
}

module_init(note_init);
module_exit(note_exit);

MODULE_DESCRIPTION("Code that sleeps under a spinlock");
MODULE_LICENSE("GPL");
