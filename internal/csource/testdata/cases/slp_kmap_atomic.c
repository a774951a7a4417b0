// SPDX-License-Identifier: GPL-2.0
/*
 * kmap_atomic() forbids sleeping until kunmap_atomic(); kmap_local_page()
 * does not.
 */
#include <linux/module.h>
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

static struct page *frame;

static ssize_t frame_read(struct file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;
	void *p;

	p = kmap_local_page(frame);
	ret = simple_read_from_buffer(ubuf, len, pos, p, PAGE_SIZE);
	kunmap_local(p);
	return ret;
}

static ssize_t frame_write(struct file *f, const char __user *ubuf, size_t len, loff_t *pos)
{
	u8 *scratch;
	void *p;

	p = kmap_atomic(frame);
	scratch = kmalloc(PAGE_SIZE, GFP_KERNEL); /* want: sleep-in-atomic */
	if (scratch) {
		memcpy(scratch, p, PAGE_SIZE);
		memset(p, 0, PAGE_SIZE);
	}
	kunmap_atomic(p);
	kfree(scratch);
	return len;
}

static const struct file_operations frame_fops = {
	.owner	= THIS_MODULE,
	.read	= frame_read,
	.write	= frame_write,
};

static struct miscdevice frame_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "frame",
	.fops	= &frame_fops,
};

static int __init frame_init(void)
{
	int ret;

	frame = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!frame)
		return -ENOMEM;
	ret = misc_register(&frame_misc);
	if (ret)
		__free_page(frame);
	return ret;
}

static void __exit frame_exit(void)
{
	misc_deregister(&frame_misc);
	__free_page(frame);
}

module_init(frame_init);
module_exit(frame_exit);
MODULE_LICENSE("GPL");
