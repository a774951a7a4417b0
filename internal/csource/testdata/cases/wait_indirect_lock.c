// SPDX-License-Identifier: GPL-2.0
/*
 * The flusher holds `cfg`; the work takes `io`, under which another path
 * takes `cfg`: work waits for io, its holder waits for cfg, the holder of cfg
 * waits for the work.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct diskx {
	struct mutex cfg;
	struct mutex io;
	struct work_struct sync;
	u32 dirty;
	u32 size;
};

static struct diskx diskx;

static void diskx_sync(struct work_struct *work)
{
	struct diskx *d = container_of(work, struct diskx, sync);

	mutex_lock(&d->io); /* want: wait-under-lock|lock-order-inversion */
	d->dirty = 0;
	mutex_unlock(&d->io);
}

static void diskx_resize(struct diskx *d, u32 size)
{
	mutex_lock(&d->cfg);
	flush_work(&d->sync); /* want: wait-under-lock|lock-order-inversion */
	d->size = size;
	mutex_unlock(&d->cfg);
}

static void diskx_write(struct diskx *d)
{
	mutex_lock(&d->io);
	mutex_lock(&d->cfg); /* want: wait-under-lock|lock-order-inversion */
	if (d->size)
		d->dirty++;
	mutex_unlock(&d->cfg);
	mutex_unlock(&d->io);
	schedule_work(&d->sync);
}

static long diskx_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (arg)
		diskx_resize(&diskx, (u32)arg);
	else
		diskx_write(&diskx);
	return 0;
}

static const struct file_operations diskx_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= diskx_ioctl,
};

static struct miscdevice diskx_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "diskx",
	.fops	= &diskx_fops,
};

static int __init diskx_init(void)
{
	mutex_init(&diskx.cfg);
	mutex_init(&diskx.io);
	INIT_WORK(&diskx.sync, diskx_sync);
	return misc_register(&diskx_misc);
}

static void __exit diskx_exit(void)
{
	misc_deregister(&diskx_misc);
	cancel_work_sync(&diskx.sync);
}

module_init(diskx_init);
module_exit(diskx_exit);
MODULE_LICENSE("GPL");
