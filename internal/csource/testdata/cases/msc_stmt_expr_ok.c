// SPDX-License-Identifier: GPL-2.0
/*
 * Statement expressions that lock, typeof, and a macro that takes a block.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/delay.h>
#include <linux/debugfs.h>

struct expr {
	spinlock_t lock;
	struct mutex mutex;
	u64 a, b;
};

static struct expr ex;
static struct dentry *ex_file;

#define ex_read(e, field)			\
({						\
	typeof((e)->field) __v;			\
						\
	spin_lock(&(e)->lock);			\
	__v = (e)->field;			\
	spin_unlock(&(e)->lock);		\
	__v;					\
})

#define ex_update(e, field, fn)			\
({						\
	int __ret = -ERANGE;			\
						\
	mutex_lock(&(e)->mutex);		\
	if (ex_read(e, field) < 1000) {		\
		(e)->field = fn((e)->field);	\
		__ret = 0;			\
	}					\
	mutex_unlock(&(e)->mutex);		\
	__ret;					\
})

#define EX_LOCKED(e, ...)			\
do {						\
	spin_lock(&(e)->lock);			\
	__VA_ARGS__;				\
	spin_unlock(&(e)->lock);		\
} while (0)

static u64 ex_slow(u64 v)
{
	msleep(1);
	return v + 1;
}

static int ex_set(void *data, u64 val)
{
	struct expr *e = data;

	EX_LOCKED(e, e->a = val, e->b = ~val);
	if (ex_read(e, a) == ex_read(e, b))
		return -EINVAL;
	return ex_update(e, a, ex_slow) ?: ex_update(e, b, ex_slow);
}

static int ex_get(void *data, u64 *val)
{
	struct expr *e = data;

	*val = min(ex_read(e, a), ex_read(e, b));
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ex_fops, ex_get, ex_set, "%llu\n");

static int __init ex_init(void)
{
	spin_lock_init(&ex.lock);
	mutex_init(&ex.mutex);
	ex_file = debugfs_create_file_unsafe("expr", 0600, NULL, &ex, &ex_fops);
	return 0;
}

static void __exit ex_exit(void)
{
	debugfs_remove(ex_file);
}

module_init(ex_init);
module_exit(ex_exit);
MODULE_LICENSE("GPL");
