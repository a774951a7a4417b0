// SPDX-License-Identifier: GPL-2.0
/*
 * Correct neighbours around one real inversion: a spinlock under a mutex is
 * fine, the two rwsems conflict between a reboot notifier and an ioctl.
 */
#include <linux/module.h>
#include <linux/reboot.h>
#include <linux/notifier.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct archive {
	struct rw_semaphore index;
	struct rw_semaphore store;
	struct mutex stat_mutex;
	spinlock_t stat_lock;
	u32 writes;
	struct notifier_block reboot_nb;
};

static struct archive ar;

static void archive_stat(struct archive *a)
{
	mutex_lock(&a->stat_mutex);
	spin_lock(&a->stat_lock);
	a->writes++;
	spin_unlock(&a->stat_lock);
	mutex_unlock(&a->stat_mutex);
}

static void archive_sync(struct archive *a)
{
	down_write(&a->store);
	down_read(&a->index); /* want: lock-order-inversion */
	archive_stat(a);
	up_read(&a->index);
	up_write(&a->store);
}

static int archive_reboot(struct notifier_block *nb, unsigned long event, void *unused)
{
	archive_sync(container_of(nb, struct archive, reboot_nb));
	return NOTIFY_DONE;
}

static long archive_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	int ret = down_write_killable(&ar.index);

	if (ret)
		return ret;
	down_write(&ar.store); /* want: lock-order-inversion */
	archive_stat(&ar);
	up_write(&ar.store);
	up_write(&ar.index);
	return 0;
}

static const struct file_operations archive_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= archive_ioctl,
};

static struct miscdevice archive_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "archive",
	.fops	= &archive_fops,
};

static int __init archive_init(void)
{
	init_rwsem(&ar.index);
	init_rwsem(&ar.store);
	mutex_init(&ar.stat_mutex);
	spin_lock_init(&ar.stat_lock);
	ar.reboot_nb.notifier_call = archive_reboot;
	register_reboot_notifier(&ar.reboot_nb);
	return misc_register(&archive_misc);
}

static void __exit archive_exit(void)
{
	misc_deregister(&archive_misc);
	unregister_reboot_notifier(&ar.reboot_nb);
}

module_init(archive_init);
module_exit(archive_exit);
MODULE_LICENSE("GPL");
