// SPDX-License-Identifier: GPL-2.0
/*
 * Whether the lock is held is kept in a variable, across an early attempt
 * and a slow path.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct tlog {
	struct mutex lock;
	char buf[128];
	size_t len;
	unsigned int dropped;
};

static struct tlog tlog;

static ssize_t tlog_write(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	bool nonblock = file->f_flags & O_NONBLOCK;
	bool locked = mutex_trylock(&tlog.lock);
	ssize_t ret = len;

	if (!locked && !nonblock) {
		mutex_lock(&tlog.lock);
		locked = true;
	}

	if (!locked) {
		ret = -EAGAIN;
		goto out;
	}
	if (len > sizeof(tlog.buf)) {
		tlog.dropped++;
		ret = -EMSGSIZE;
		goto out;
	}
	if (copy_from_user(tlog.buf, ubuf, len))
		ret = -EFAULT;
	else
		tlog.len = len;
out:
	if (locked)
		mutex_unlock(&tlog.lock);
	return ret;
}

static ssize_t tlog_read(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	ssize_t ret;
	int locked = 0;

	if (!(file->f_flags & O_NONBLOCK)) {
		mutex_lock(&tlog.lock);
		locked = 1;
	} else if (mutex_trylock(&tlog.lock)) {
		locked = 1;
	}
	if (!locked)
		return -EAGAIN;
	ret = simple_read_from_buffer(ubuf, len, pos, tlog.buf, tlog.len);
	mutex_unlock(&tlog.lock);
	return ret;
}

static const struct file_operations tlog_fops = {
	.owner	= THIS_MODULE,
	.read	= tlog_read,
	.write	= tlog_write,
};

static struct miscdevice tlog_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "tlog",
	.fops	= &tlog_fops,
};

static int __init tlog_init(void)
{
	mutex_init(&tlog.lock);
	return misc_register(&tlog_misc);
}

static void __exit tlog_exit(void)
{
	misc_deregister(&tlog_misc);
}

module_init(tlog_init);
module_exit(tlog_exit);
MODULE_LICENSE("GPL");
