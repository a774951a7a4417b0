// SPDX-License-Identifier: GPL-2.0
/*
 * downgrade_write() turns the write lock into a read lock, which is then
 * released as one; also on the path that leaves early.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

static DECLARE_RWSEM(img_sem);
static u8 *img;
static size_t img_len;

static ssize_t img_write(struct file *f, const char __user *ubuf, size_t len, loff_t *pos)
{
	bool shared = false;
	ssize_t ret = len;
	u8 *buf;

	if (len > PAGE_SIZE)
		return -EFBIG;
	buf = memdup_user(ubuf, len);
	if (IS_ERR(buf))
		return PTR_ERR(buf);

	down_write(&img_sem);
	swap(img, buf);
	img_len = len;
	if (len > 64) {
		downgrade_write(&img_sem);
		shared = true;
		if (img[0] != 0x7f)
			ret = -ENOEXEC;
	}
	if (shared)
		up_read(&img_sem);
	else
		up_write(&img_sem);
	kfree(buf);
	return ret;
}

static ssize_t img_read(struct file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;

	down_read(&img_sem);
	ret = simple_read_from_buffer(ubuf, len, pos, img, img_len);
	up_read(&img_sem);
	return ret;
}

static const struct file_operations img_fops = {
	.owner	= THIS_MODULE,
	.read	= img_read,
	.write	= img_write,
};

static struct miscdevice img_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "img",
	.fops	= &img_fops,
};

module_misc_device(img_misc);
MODULE_LICENSE("GPL");
