// SPDX-License-Identifier: GPL-2.0
/*
 * The last reference takes the lock; one path out forgets it.
 */
#include <linux/module.h>
#include <linux/refcount.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>

struct lease {
	struct list_head node;
	refcount_t ref;
	bool pinned;
};

static DEFINE_MUTEX(leases_lock);
static LIST_HEAD(leases);

static int lease_put(struct lease *l)
{
	if (!refcount_dec_and_mutex_lock(&l->ref, &leases_lock))
		return 0;
	if (l->pinned)
		return -EBUSY; /* want: missing-unlock */
	list_del(&l->node);
	mutex_unlock(&leases_lock);
	kfree(l);
	return 0;
}

static int lease_open(struct inode *inode, struct file *file)
{
	struct lease *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return -ENOMEM;
	refcount_set(&l->ref, 1);
	mutex_lock(&leases_lock);
	list_add(&l->node, &leases);
	mutex_unlock(&leases_lock);
	file->private_data = l;
	return 0;
}

static int lease_release(struct inode *inode, struct file *file)
{
	return lease_put(file->private_data);
}

static const struct file_operations lease_fops = {
	.owner		= THIS_MODULE,
	.open		= lease_open,
	.release	= lease_release,
};

static struct miscdevice lease_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "lease",
	.fops	= &lease_fops,
};

module_misc_device(lease_misc);
MODULE_LICENSE("GPL");
