// SPDX-License-Identifier: GPL-2.0
/*
 * All of this may sleep, under locks that allow it: mutex, rwsem, semaphore,
 * SRCU.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/srcu.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/delay.h>
#include <linux/firmware.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

DEFINE_STATIC_SRCU(cfg_srcu);
static DEFINE_MUTEX(cfg_mutex);
static DECLARE_RWSEM(cfg_rwsem);
static struct semaphore cfg_sem;
static u8 *cfg;

static ssize_t cfg_read(struct file *f, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret = 0;
	int idx = srcu_read_lock(&cfg_srcu);

	might_sleep();
	if (cfg)
		ret = simple_read_from_buffer(ubuf, len, pos, cfg, PAGE_SIZE);
	srcu_read_unlock(&cfg_srcu, idx);
	return ret;
}

static ssize_t cfg_write(struct file *f, const char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret = len;
	u8 *buf, *old;

	if (len > PAGE_SIZE)
		return -EFBIG;
	down(&cfg_sem);
	down_write(&cfg_rwsem);
	mutex_lock(&cfg_mutex);
	buf = vzalloc(PAGE_SIZE);
	if (!buf) {
		ret = -ENOMEM;
	} else if (copy_from_user(buf, ubuf, len)) {
		ret = -EFAULT;
		vfree(buf);
	} else {
		old = cfg;
		cfg = buf;
		synchronize_srcu(&cfg_srcu);
		vfree(old);
		msleep(1);
	}
	mutex_unlock(&cfg_mutex);
	up_write(&cfg_rwsem);
	up(&cfg_sem);
	return ret;
}

static const struct file_operations cfg_fops = {
	.owner	= THIS_MODULE,
	.read	= cfg_read,
	.write	= cfg_write,
};

static struct miscdevice cfg_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "cfgx",
	.fops	= &cfg_fops,
};

static int __init cfg_init(void)
{
	sema_init(&cfg_sem, 1);
	return misc_register(&cfg_misc);
}

static void __exit cfg_exit(void)
{
	misc_deregister(&cfg_misc);
	vfree(cfg);
}

module_init(cfg_init);
module_exit(cfg_exit);
MODULE_LICENSE("GPL");
