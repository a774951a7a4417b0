// SPDX-License-Identifier: GPL-2.0
/*
 * GFP_KERNEL under a spinlock, behind two helpers.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct tag {
	struct list_head node;
	char *name;
};

static DEFINE_SPINLOCK(tags_lock);
static LIST_HEAD(tags);

static struct tag *tag_alloc(const char *name)
{
	struct tag *t = kzalloc(sizeof(*t), GFP_KERNEL); /* want: sleep-in-atomic */

	if (!t)
		return NULL;
	t->name = kstrdup(name, GFP_KERNEL); /* want: sleep-in-atomic */
	return t;
}

static int tag_insert(const char *name)
{
	struct tag *t = tag_alloc(name); /* want: sleep-in-atomic */

	if (!t)
		return -ENOMEM;
	list_add(&t->node, &tags);
	return 0;
}

static long tag_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	int ret;

	spin_lock(&tags_lock);
	ret = tag_insert("user"); /* want: sleep-in-atomic */
	spin_unlock(&tags_lock);
	return ret;
}

static const struct file_operations tag_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= tag_ioctl,
};

static struct miscdevice tag_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tag",
	.fops	= &tag_fops,
};

module_misc_device(tag_misc);
MODULE_LICENSE("GPL");
