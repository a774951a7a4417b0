// SPDX-License-Identifier: GPL-2.0
/*
 * An early return inside a seqlock's write section: readers retry for ever.
 */
#include <linux/module.h>
#include <linux/seqlock.h>
#include <linux/debugfs.h>
#include <linux/timekeeping.h>

struct tsync {
	seqlock_t lock;
	u64 offset;
	u64 stamp;
};

static struct tsync tsync;
static struct dentry *tsync_file;

static int tsync_set(void *data, u64 offset)
{
	struct tsync *t = data;

	write_seqlock(&t->lock);
	if (offset > NSEC_PER_SEC)
		return -ERANGE; /* want: missing-unlock */
	t->offset = offset;
	t->stamp = ktime_get_ns();
	write_sequnlock(&t->lock);
	return 0;
}

static int tsync_get(void *data, u64 *val)
{
	struct tsync *t = data;
	unsigned int seq;

	do {
		seq = read_seqbegin(&t->lock);
		*val = t->stamp + t->offset;
	} while (read_seqretry(&t->lock, seq));
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(tsync_fops, tsync_get, tsync_set, "%llu\n");

static int __init tsync_init(void)
{
	seqlock_init(&tsync.lock);
	tsync_file = debugfs_create_file_unsafe("tsync", 0600, NULL, &tsync, &tsync_fops);
	return 0;
}

static void __exit tsync_exit(void)
{
	debugfs_remove(tsync_file);
}

module_init(tsync_init);
module_exit(tsync_exit);
MODULE_LICENSE("GPL");
