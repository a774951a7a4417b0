// SPDX-License-Identifier: GPL-2.0
/*
 * Cache in front of slow memory. A line that is stored may push an old one
 * out. /dev/nvcache stores what is written to it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define NV_PERIOD	(HZ / 5)
#define NV_LINES	4

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "empty the cache before each store");

static unsigned int settle_ms = 20;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

struct nv_cache {
	struct mutex lock;		/* line, used, written */
	u8 line[NV_LINES];
	unsigned int used;
	unsigned long written;
	struct task_struct *storer;
};

static struct nv_cache nv;

static void nv_write_back(struct nv_cache *c)
{
	mutex_lock(&c->lock);
	msleep(settle_ms);
	c->written += c->used;
	c->used = 0;
	mutex_unlock(&c->lock);
}

static void nv_store(struct nv_cache *c, u8 value)
{
	mutex_lock(&c->lock);
	if (c->used == NV_LINES)
		nv_write_back(c);
	c->line[c->used++] = value;
	mutex_unlock(&c->lock);
}

static ssize_t nv_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	u8 value;

	if (!len)
		return 0;
	if (get_user(value, buf))
		return -EFAULT;
	nv_store(&nv, value);
	return 1;
}

static const struct file_operations nv_fops = {
	.owner = THIS_MODULE,
	.write = nv_write,
};

static struct miscdevice nv_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "nvcache",
	.fops = &nv_fops,
};

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool nv_next(void)
{
	schedule_timeout_interruptible(NV_PERIOD - jiffies % NV_PERIOD);
	return !kthread_should_stop();
}

static int nv_store_thread(void *data)
{
	u8 value = 0;

	while (nv_next()) {
		if (serial)
			nv_write_back(data);
		nv_store(data, value++);
	}
	return 0;
}

static void nvcache_stop(void)
{
	if (!IS_ERR_OR_NULL(nv.storer))
		kthread_stop(nv.storer);
}

static int __init nvcache_init(void)
{
	int ret;

	mutex_init(&nv.lock);
	ret = misc_register(&nv_misc);
	if (ret)
		return ret;

	if (!autostart)
		return 0;

	nv.storer = kthread_run(nv_store_thread, &nv, "nv-store");
	if (IS_ERR(nv.storer))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	nvcache_stop();
	misc_deregister(&nv_misc);
	return -ENOMEM;
}

static void __exit nvcache_exit(void)
{
	nvcache_stop();
	misc_deregister(&nv_misc);
}

module_init(nvcache_init);
module_exit(nvcache_exit);

MODULE_DESCRIPTION("Write-back cache");
MODULE_LICENSE("GPL");
