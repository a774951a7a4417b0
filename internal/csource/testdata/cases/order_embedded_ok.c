// SPDX-License-Identifier: GPL-2.0
/*
 * Three types whose lock is called `lock`, one in the other. The order is
 * always nic -> ring -> stats; ring_of() goes back to the outer object but
 * takes no lock of it.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/debugfs.h>

struct rstats {
	spinlock_t lock;
	u64 packets;
};

struct ring {
	spinlock_t lock;
	struct rstats stats;
	u32 head;
};

struct nicx {
	spinlock_t lock;
	struct ring rx;
	bool up;
};

static struct nicx nic;
static struct dentry *nic_file;

static struct ring *ring_of(struct rstats *s)
{
	return container_of(s, struct ring, stats);
}

static void rstats_add(struct rstats *s, u32 n)
{
	spin_lock(&s->lock);
	s->packets += n;
	if (ring_of(s)->head == 0)
		s->packets = 0;
	spin_unlock(&s->lock);
}

static void ring_push(struct ring *r, u32 n)
{
	spin_lock(&r->lock);
	r->head += n;
	rstats_add(&r->stats, n);
	spin_unlock(&r->lock);
}

static int nic_set(void *data, u64 val)
{
	struct nicx *x = data;

	spin_lock(&x->lock);
	x->up = val != 0;
	ring_push(&x->rx, val);
	spin_unlock(&x->lock);
	return 0;
}

static int nic_get(void *data, u64 *val)
{
	struct nicx *x = data;

	spin_lock(&x->rx.stats.lock);
	*val = x->rx.stats.packets;
	spin_unlock(&x->rx.stats.lock);
	spin_lock(&x->rx.lock);
	*val += x->rx.head;
	spin_unlock(&x->rx.lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(nic_fops, nic_get, nic_set, "%llu\n");

static int __init nic_init(void)
{
	spin_lock_init(&nic.lock);
	spin_lock_init(&nic.rx.lock);
	spin_lock_init(&nic.rx.stats.lock);
	nic_file = debugfs_create_file_unsafe("nicx", 0600, NULL, &nic, &nic_fops);
	return 0;
}

static void __exit nic_exit(void)
{
	debugfs_remove(nic_file);
}

module_init(nic_init);
module_exit(nic_exit);
MODULE_LICENSE("GPL");
