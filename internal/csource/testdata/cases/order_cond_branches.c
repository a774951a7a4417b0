// SPDX-License-Identifier: GPL-2.0
/*
 * The inversion exists only on branches that the command chooses; the other
 * branches of the same functions are harmless.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

enum { TRAIN_GO = 1, TRAIN_SWITCH, TRAIN_STOP };

struct train {
	struct mutex track;
	struct rw_semaphore signal;
	u32 pos;
	u32 red;
};

static struct train train;

static int train_command(struct train *t, unsigned int cmd, u32 arg)
{
	int ret = 0;

	if (cmd == TRAIN_STOP)
		down_write(&t->signal);
	else
		down_read(&t->signal);

	switch (cmd) {
	case TRAIN_SWITCH:
		ret = mutex_lock_interruptible(&t->track); /* want: lock-order-inversion */
		if (ret)
			break;
		t->pos = arg;
		mutex_unlock(&t->track);
		break;
	case TRAIN_STOP:
		t->red = arg;
		break;
	}

	if (cmd == TRAIN_STOP)
		up_write(&t->signal);
	else
		up_read(&t->signal);
	return ret;
}

static int train_drive(struct train *t, u32 steps)
{
	mutex_lock(&t->track);
	t->pos += steps;
	if (t->pos > 1000) {
		down_write(&t->signal); /* want: lock-order-inversion */
		t->red = 1;
		up_write(&t->signal);
	}
	mutex_unlock(&t->track);
	return 0;
}

static long train_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	if (cmd == TRAIN_GO)
		return train_drive(&train, (u32)arg);
	return train_command(&train, cmd, (u32)arg);
}

static const struct file_operations train_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= train_ioctl,
};

static struct miscdevice train_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "train",
	.fops	= &train_fops,
};

static int __init train_init(void)
{
	mutex_init(&train.track);
	init_rwsem(&train.signal);
	return misc_register(&train_misc);
}

static void __exit train_exit(void)
{
	misc_deregister(&train_misc);
}

module_init(train_init);
module_exit(train_exit);
MODULE_LICENSE("GPL");
