// SPDX-License-Identifier: GPL-2.0
/*
 * Paths that end in BUG() or panic() need no unlock; conditions that are
 * asked twice are the same both times; a lock kept on a path that never
 * happens.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/kernel.h>
#include <linux/bug.h>
#include <linux/debugfs.h>

enum { F_IDLE, F_RUN, F_STOP };

struct fsm {
	struct mutex lock;
	int state;
	u32 steps;
};

static struct fsm fsm;
static struct dentry *fsm_file;

static int fsm_step(struct fsm *f, int ev, bool nested)
{
	int ret;

	if (!nested)
		mutex_lock(&f->lock);

	switch (f->state) {
	case F_IDLE:
		f->state = ev ? F_RUN : F_IDLE;
		ret = 0;
		break;
	case F_RUN:
		f->steps++;
		ret = f->steps > 10 ? -EOVERFLOW : 0;
		break;
	case F_STOP:
		ret = -ESHUTDOWN;
		break;
	default:
		panic("fsm: state %d", f->state);
	}

	if (ret == -EOVERFLOW && !nested)
		ret = fsm_step(f, 0, true);
	if (!nested)
		mutex_unlock(&f->lock);
	return ret;
}

static void fsm_check(struct fsm *f)
{
	mutex_lock(&f->lock);
	if (f->state > F_STOP)
		BUG();
	BUG_ON(f->steps > 1000);
	if (WARN_ON(f->steps > 100)) {
		mutex_unlock(&f->lock);
		return;
	}
	mutex_unlock(&f->lock);
}

static int fsm_set(void *data, u64 val)
{
	int ret = fsm_step(data, (int)val, false);

	if (ret >= 0)
		fsm_check(data);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(fsm_fops, NULL, fsm_set, "%llu\n");

static int __init fsm_init(void)
{
	mutex_init(&fsm.lock);
	fsm_file = debugfs_create_file_unsafe("fsm", 0200, NULL, &fsm, &fsm_fops);
	return 0;
}

static void __exit fsm_exit(void)
{
	debugfs_remove(fsm_file);
}

module_init(fsm_init);
module_exit(fsm_exit);
MODULE_LICENSE("GPL");
