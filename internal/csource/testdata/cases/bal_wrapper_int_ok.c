// SPDX-License-Identifier: GPL-2.0
/*
 * foo_lock() may fail after it took the lock; then it has given it back.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct glyph {
	struct mutex lock;
	bool unplugged;
	u8 reg[16];
	struct cdev cdev;
};

static struct glyph glyph;
static dev_t glyph_devt;

static int glyph_lock(struct glyph *g)
{
	if (mutex_lock_interruptible(&g->lock))
		return -ERESTARTSYS;
	if (g->unplugged) {
		mutex_unlock(&g->lock);
		return -ENODEV;
	}
	return 0;
}

static void glyph_unlock(struct glyph *g)
{
	mutex_unlock(&g->lock);
}

static bool glyph_try(struct glyph *g)
{
	return !g->unplugged && mutex_trylock(&g->lock);
}

static ssize_t glyph_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;

	ret = glyph_lock(&glyph);
	if (ret)
		return ret;
	ret = simple_read_from_buffer(ubuf, len, pos, glyph.reg, sizeof(glyph.reg));
	glyph_unlock(&glyph);
	return ret;
}

static long glyph_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (!glyph_try(&glyph))
		return -EAGAIN;
	glyph.reg[cmd & 15] = (u8)arg;
	glyph_unlock(&glyph);
	return 0;
}

static const struct file_operations glyph_fops = {
	.owner		= THIS_MODULE,
	.read		= glyph_read,
	.unlocked_ioctl	= glyph_ioctl,
};

static int __init glyph_init(void)
{
	int ret = alloc_chrdev_region(&glyph_devt, 0, 1, "glyph");

	if (ret)
		return ret;
	mutex_init(&glyph.lock);
	cdev_init(&glyph.cdev, &glyph_fops);
	ret = cdev_add(&glyph.cdev, glyph_devt, 1);
	if (ret)
		unregister_chrdev_region(glyph_devt, 1);
	return ret;
}

static void __exit glyph_exit(void)
{
	cdev_del(&glyph.cdev);
	unregister_chrdev_region(glyph_devt, 1);
}

module_init(glyph_init);
module_exit(glyph_exit);
MODULE_LICENSE("GPL");
