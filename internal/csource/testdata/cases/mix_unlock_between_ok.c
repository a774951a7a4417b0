// SPDX-License-Identifier: GPL-2.0
/*
 * Both orders appear in the text, but never nested: the first lock is dropped
 * before the second is taken, directly, in a helper, or by a goto.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct relayd {
	struct mutex in;
	struct mutex out;
	u32 nin, nout;
};

static struct relayd rd;

static void relayd_leave_in(struct relayd *r)
{
	mutex_unlock(&r->in);
}

static int relayd_forward(struct relayd *r)
{
	u32 n;

	mutex_lock(&r->in);
	n = r->nin;
	if (!n)
		goto empty;
	r->nin = 0;
	relayd_leave_in(r);

	mutex_lock(&r->out);
	r->nout += n;
	mutex_unlock(&r->out);
	return 0;
empty:
	mutex_unlock(&r->in);
	mutex_lock(&r->out);
	r->nout = 0;
	mutex_unlock(&r->out);
	return -ENODATA;
}

static int relayd_back(struct relayd *r)
{
	int ret = 0;

	mutex_lock(&r->out);
	while (r->nout) {
		r->nout--;
		mutex_unlock(&r->out);

		if (mutex_lock_interruptible(&r->in))
			return -ERESTARTSYS;
		r->nin++;
		mutex_unlock(&r->in);

		mutex_lock(&r->out);
		ret++;
	}
	mutex_unlock(&r->out);
	return ret;
}

static long relayd_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	return arg ? relayd_forward(&rd) : relayd_back(&rd);
}

static const struct file_operations relayd_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= relayd_ioctl,
};

static struct miscdevice relayd_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "relayd",
	.fops	= &relayd_fops,
};

static int __init relayd_init(void)
{
	mutex_init(&rd.in);
	mutex_init(&rd.out);
	return misc_register(&relayd_misc);
}

static void __exit relayd_exit(void)
{
	misc_deregister(&relayd_misc);
}

module_init(relayd_init);
module_exit(relayd_exit);
MODULE_LICENSE("GPL");
