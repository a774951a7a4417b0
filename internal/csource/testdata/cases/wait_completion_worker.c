// SPDX-License-Identifier: GPL-2.0
/*
 * Waits for a completion with a mutex; the work that completes needs it.
 */
#include <linux/module.h>
#include <linux/completion.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/cdev.h>
#include <linux/fs.h>

struct secp {
	struct mutex lock;
	struct completion done;
	struct work_struct work;
	u32 result;
	struct cdev cdev;
};

static struct secp secp;
static dev_t secp_devt;

static void secp_run(struct work_struct *work)
{
	struct secp *s = container_of(work, struct secp, work);

	mutex_lock(&s->lock); /* want: wait-under-lock */
	s->result = 42;
	mutex_unlock(&s->lock);
	complete(&s->done);
}

static long secp_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	long ret;

	mutex_lock(&secp.lock);
	reinit_completion(&secp.done);
	schedule_work(&secp.work);
	wait_for_completion(&secp.done); /* want: wait-under-lock */
	ret = secp.result;
	mutex_unlock(&secp.lock);
	return ret;
}

static const struct file_operations secp_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= secp_ioctl,
};

static int __init secp_init(void)
{
	int ret = alloc_chrdev_region(&secp_devt, 0, 1, "secp");

	if (ret)
		return ret;
	mutex_init(&secp.lock);
	init_completion(&secp.done);
	INIT_WORK(&secp.work, secp_run);
	cdev_init(&secp.cdev, &secp_fops);
	ret = cdev_add(&secp.cdev, secp_devt, 1);
	if (ret)
		unregister_chrdev_region(secp_devt, 1);
	return ret;
}

static void __exit secp_exit(void)
{
	cdev_del(&secp.cdev);
	unregister_chrdev_region(secp_devt, 1);
	cancel_work_sync(&secp.work);
}

module_init(secp_init);
module_exit(secp_exit);
MODULE_LICENSE("GPL");
