// SPDX-License-Identifier: GPL-2.0
/*
 * The lock of an object that was just allocated is taken in the reverse
 * order: nobody else can know the object yet.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>

struct ctx {
	struct mutex lock;
	struct list_head node;
	u32 id;
};

struct vdev {
	struct mutex lock;
	struct list_head ctxs;
	u32 next_id;
};

static struct vdev vdev;

static int vdev_open(struct inode *inode, struct file *file)
{
	struct ctx *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return -ENOMEM;
	mutex_init(&c->lock);
	mutex_lock(&c->lock);
	mutex_lock(&vdev.lock);
	c->id = vdev.next_id++;
	list_add(&c->node, &vdev.ctxs);
	mutex_unlock(&vdev.lock);
	file->private_data = c;
	mutex_unlock(&c->lock);
	return 0;
}

static int vdev_release(struct inode *inode, struct file *file)
{
	struct ctx *c = file->private_data;

	mutex_lock(&vdev.lock);
	list_del(&c->node);
	mutex_unlock(&vdev.lock);
	kfree(c);
	return 0;
}

static ssize_t vdev_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	struct ctx *c = f->private_data;

	mutex_lock(&c->lock);
	c->id = len;
	mutex_unlock(&c->lock);
	return len;
}

static long vdev_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct ctx *c;

	mutex_lock(&vdev.lock);
	list_for_each_entry(c, &vdev.ctxs, node) {
		mutex_lock(&c->lock);
		c->id = 0;
		mutex_unlock(&c->lock);
	}
	mutex_unlock(&vdev.lock);
	return 0;
}

static const struct file_operations vdev_fops = {
	.owner		= THIS_MODULE,
	.open		= vdev_open,
	.write		= vdev_write,
	.unlocked_ioctl	= vdev_ioctl,
	.release	= vdev_release,
};

static struct miscdevice vdev_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "vdev",
	.fops	= &vdev_fops,
};

static int __init vdev_init(void)
{
	mutex_init(&vdev.lock);
	INIT_LIST_HEAD(&vdev.ctxs);
	return misc_register(&vdev_misc);
}

module_init(vdev_init);
MODULE_LICENSE("GPL");
