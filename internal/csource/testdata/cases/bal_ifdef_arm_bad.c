// SPDX-License-Identifier: GPL-2.0
/*
 * Only with CONFIG_SCOPE_STATS set does a path return with the lock held.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>
#include <linux/uaccess.h>

struct scope {
	spinlock_t lock;
	u32 trig;
#ifdef CONFIG_SCOPE_STATS
	u32 overruns;
#endif
};

static struct scope scope;

static long scope_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	spin_lock(&scope.lock);
	scope.trig = (u32)arg;
#ifdef CONFIG_SCOPE_STATS
	if (scope.overruns > 100)
		return -EOVERFLOW; /* want: missing-unlock */
#endif
	spin_unlock(&scope.lock);
	return 0;
}

static ssize_t scope_read(struct file *f, char __user *buf, size_t len, loff_t *pos)
{
	u32 v;

	spin_lock(&scope.lock);
	v = scope.trig;
#ifdef CONFIG_SCOPE_STATS
	scope.overruns++;
#endif
	spin_unlock(&scope.lock);
	return simple_read_from_buffer(buf, len, pos, &v, sizeof(v));
}

static const struct file_operations scope_fops = {
	.owner		= THIS_MODULE,
	.read		= scope_read,
	.unlocked_ioctl	= scope_ioctl,
};

static struct miscdevice scope_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "scope",
	.fops	= &scope_fops,
};

static int __init scope_init(void)
{
	spin_lock_init(&scope.lock);
	return misc_register(&scope_misc);
}

static void __exit scope_exit(void)
{
	misc_deregister(&scope_misc);
}

module_init(scope_init);
module_exit(scope_exit);
MODULE_LICENSE("GPL");
