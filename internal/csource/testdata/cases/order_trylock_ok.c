// SPDX-License-Identifier: GPL-2.0
/*
 * The reverse order only ever tries the outer lock, and gives up.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/shrinker.h>
#include <linux/list.h>
#include <linux/debugfs.h>

struct bufset {
	struct mutex set_lock;
	struct mutex lru_lock;
	unsigned long nr;
	unsigned long dirty;
};

static struct bufset bufset;
static struct dentry *bufset_file;

static int bufset_fill(void *data, u64 val)
{
	struct bufset *b = data;

	mutex_lock(&b->set_lock);
	b->dirty += val;
	mutex_lock(&b->lru_lock);
	b->nr += val;
	mutex_unlock(&b->lru_lock);
	mutex_unlock(&b->set_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(bufset_fops, NULL, bufset_fill, "%llu\n");

static unsigned long bufset_count(struct shrinker *s, struct shrink_control *sc)
{
	return READ_ONCE(bufset.nr);
}

static unsigned long bufset_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long freed = 0;

	mutex_lock(&bufset.lru_lock);
	while (bufset.nr && freed < sc->nr_to_scan) {
		if (!mutex_trylock(&bufset.set_lock))
			break;
		bufset.nr--;
		bufset.dirty--;
		freed++;
		mutex_unlock(&bufset.set_lock);
	}
	mutex_unlock(&bufset.lru_lock);
	return freed ? freed : SHRINK_STOP;
}

static struct shrinker bufset_shrinker = {
	.count_objects	= bufset_count,
	.scan_objects	= bufset_scan,
	.seeks		= DEFAULT_SEEKS,
};

static int __init bufset_init(void)
{
	mutex_init(&bufset.set_lock);
	mutex_init(&bufset.lru_lock);
	bufset_file = debugfs_create_file_unsafe("bufset", 0200, NULL, &bufset, &bufset_fops);
	return register_shrinker(&bufset_shrinker, "bufset");
}

static void __exit bufset_exit(void)
{
	unregister_shrinker(&bufset_shrinker);
	debugfs_remove(bufset_file);
}

module_init(bufset_init);
module_exit(bufset_exit);
MODULE_LICENSE("GPL");
