// SPDX-License-Identifier: GPL-2.0
/*
 * Sequence counters and locks: readers never hold anything, so a return out
 * of a read loop leaves nothing behind; writers are balanced.
 */
#include <linux/module.h>
#include <linux/seqlock.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct route {
	seqlock_t lock;
	seqcount_spinlock_t gen;
	spinlock_t gen_lock;
	u64 via;
	u64 metric;
};

static struct route route;
static struct dentry *route_file;

static int route_get(void *data, u64 *val)
{
	struct route *r = data;
	unsigned int seq;
	int tries = 0;

retry:
	seq = read_seqbegin(&r->lock);
	if (!r->via)
		return -ENETUNREACH;
	*val = r->via;
	if (read_seqretry(&r->lock, seq)) {
		if (++tries > 100)
			return -EAGAIN;
		goto retry;
	}
	return 0;
}

static int route_set(void *data, u64 val)
{
	struct route *r = data;

	if (!val)
		return -EINVAL;

	write_seqlock_bh(&r->lock);
	r->via = val;
	write_sequnlock_bh(&r->lock);

	spin_lock(&r->gen_lock);
	write_seqcount_begin(&r->gen);
	r->metric++;
	write_seqcount_end(&r->gen);
	spin_unlock(&r->gen_lock);

	read_seqlock_excl(&r->lock);
	val = r->via;
	read_sequnlock_excl(&r->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(route_fops, route_get, route_set, "%llu\n");

static int __init route_init(void)
{
	seqlock_init(&route.lock);
	spin_lock_init(&route.gen_lock);
	seqcount_spinlock_init(&route.gen, &route.gen_lock);
	route_file = debugfs_create_file_unsafe("route", 0600, NULL, &route, &route_fops);
	return 0;
}

static void __exit route_exit(void)
{
	debugfs_remove(route_file);
}

module_init(route_init);
module_exit(route_exit);
MODULE_LICENSE("GPL");
