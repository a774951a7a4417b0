// SPDX-License-Identifier: GPL-2.0
/*
 * A mutex and an rwsem; the reading side conflicts as well, because a writer
 * waits between.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct fwdev {
	struct mutex load_lock;
	struct rw_semaphore img_sem;
	u8 img[256];
	u32 version;
	struct cdev cdev;
};

static struct fwdev fwdev;
static dev_t fw_devt;

static ssize_t fw_write(struct file *f, const char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret;

	if (len > sizeof(fwdev.img))
		return -EFBIG;
	if (mutex_lock_interruptible(&fwdev.load_lock))
		return -ERESTARTSYS;
	down_write(&fwdev.img_sem); /* want: lock-order-inversion */
	ret = copy_from_user(fwdev.img, buf, len) ? -EFAULT : len;
	up_write(&fwdev.img_sem);
	mutex_unlock(&fwdev.load_lock);
	return ret;
}

static ssize_t fw_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	ssize_t ret;

	down_read(&fwdev.img_sem);
	ret = simple_read_from_buffer(buf, len, pos, fwdev.img, sizeof(fwdev.img));
	if (ret == 0) {
		mutex_lock(&fwdev.load_lock); /* want: lock-order-inversion */
		fwdev.version++;
		mutex_unlock(&fwdev.load_lock);
	}
	up_read(&fwdev.img_sem);
	return ret;
}

static const struct file_operations fw_fops = {
	.owner	= THIS_MODULE,
	.read	= fw_read,
	.write	= fw_write,
};

static int __init fw_init(void)
{
	int ret = alloc_chrdev_region(&fw_devt, 0, 1, "fwdev");

	if (ret)
		return ret;
	mutex_init(&fwdev.load_lock);
	init_rwsem(&fwdev.img_sem);
	cdev_init(&fwdev.cdev, &fw_fops);
	ret = cdev_add(&fwdev.cdev, fw_devt, 1);
	if (ret)
		unregister_chrdev_region(fw_devt, 1);
	return ret;
}

static void __exit fw_exit(void)
{
	cdev_del(&fwdev.cdev);
	unregister_chrdev_region(fw_devt, 1);
}

module_init(fw_init);
module_exit(fw_exit);
MODULE_LICENSE("GPL");
