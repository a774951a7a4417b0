// SPDX-License-Identifier: GPL-2.0
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

static DEFINE_MUTEX(counter_lock);
static u64 counter;
static struct dentry *counter_dir;

static ssize_t counter_read(struct file *f, char __user *to, size_t n, loff_t *at)
{
	u64 v;

	mutex_lock(&counter_lock);
	v = counter;
	mutex_unlock(&counter_lock);
	return simple_read_from_buffer(to, n, at, &v, sizeof(v));
}

static ssize_t counter_write(struct file *f, const char __user *from, size_t n, loff_t *at)
{
	mutex_lock(&counter_lock);
	counter++;
	mutex_unlock(&counter_lock);
	return n;
}

static long counter_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	mutex_lock(&counter_lock);
	if (cmd == _IO('c', 1))
		counter = 0;
	mutex_unlock(&counter_lock);
	return 0;
}

static __poll_t counter_poll(struct file *f, poll_table *t)
{
	return EPOLLIN | EPOLLOUT;
}

static const struct file_operations counter_fops = {
	.owner		= THIS_MODULE,
	.read		= counter_read,
	.write		= counter_write,
	.unlocked_ioctl	= counter_ioctl,
	.poll		= counter_poll,
};

static struct miscdevice counter_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "counter",
	.fops	= &counter_fops,
};

static int counter_set(void *data, u64 value)
{
	mutex_lock(&counter_lock);
	counter = value;
	mutex_unlock(&counter_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(counter_knob, NULL, counter_set, "%llu\n");

static int __init counter_init(void)
{
	counter_dir = debugfs_create_dir("counter", NULL);
	debugfs_create_file_unsafe("value", 0200, counter_dir, NULL, &counter_knob);
	return misc_register(&counter_dev);
}

static void __exit counter_exit(void)
{
	misc_deregister(&counter_dev);
	debugfs_remove(counter_dir);
}
module_init(counter_init);
module_exit(counter_exit);

MODULE_DESCRIPTION("Counts");
MODULE_LICENSE("GPL");
