// SPDX-License-Identifier: GPL-2.0
/*
 * get_locked() returns an object with its lock held, NULL or an ERR_PTR with
 * nothing held; callers release it only when they got one.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/idr.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/miscdevice.h>
#include <linux/fs.h>

struct fmap {
	struct mutex lock;
	u32 id;
	bool dead;
	u32 hits;
};

static DEFINE_MUTEX(fmaps_lock);
static DEFINE_IDR(fmaps);

static struct fmap *fmap_get_locked(u32 id)
{
	struct fmap *m;

	mutex_lock(&fmaps_lock);
	m = idr_find(&fmaps, id);
	if (!m) {
		mutex_unlock(&fmaps_lock);
		return ERR_PTR(-ENOENT);
	}
	mutex_lock(&m->lock);
	mutex_unlock(&fmaps_lock);
	if (m->dead) {
		mutex_unlock(&m->lock);
		return ERR_PTR(-ESTALE);
	}
	return m;
}

static struct fmap *fmap_try_locked(u32 id)
{
	struct fmap *m = fmap_get_locked(id);

	return IS_ERR(m) ? NULL : m;
}

static void fmap_put_locked(struct fmap *m)
{
	mutex_unlock(&m->lock);
}

static long fmap_ioctl(struct file *f, unsigned int cmd, unsigned long arg)
{
	struct fmap *m;
	long ret;

	if (cmd == _IO('f', 1)) {
		m = fmap_try_locked((u32)arg);
		if (!m)
			return 0;
		m->dead = true;
		fmap_put_locked(m);
		return 1;
	}

	m = fmap_get_locked((u32)arg);
	if (IS_ERR(m))
		return PTR_ERR(m);
	ret = ++m->hits;
	fmap_put_locked(m);
	return ret;
}

static const struct file_operations fmap_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= fmap_ioctl,
};

static struct miscdevice fmap_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "fmap",
	.fops	= &fmap_fops,
};

module_misc_device(fmap_misc);
MODULE_LICENSE("GPL");
