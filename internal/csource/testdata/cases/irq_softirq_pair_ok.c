// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that takes the lock is in softirq, or has softirqs off by what
 * it holds: an outer _bh lock, local_bh_disable(), a seqlock's _bh writer.
 */
#include <linux/module.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/seqlock.h>
#include <linux/bottom_half.h>
#include <linux/debugfs.h>

struct mesh {
	spinlock_t table;
	spinlock_t entry;
	seqlock_t seq;
	struct timer_list aging;
	u64 age, n;
};

static struct mesh mesh;
static struct dentry *mesh_file;

static void mesh_entry_touch(struct mesh *m)
{
	spin_lock(&m->entry);
	m->n++;
	spin_unlock(&m->entry);
}

static void mesh_aging(struct timer_list *t)
{
	struct mesh *m = from_timer(m, t, aging);

	spin_lock(&m->table);
	mesh_entry_touch(m);
	m->age++;
	spin_unlock(&m->table);
	write_seqlock(&m->seq);
	m->age = 0;
	write_sequnlock(&m->seq);
	mod_timer(&m->aging, jiffies + HZ);
}

static int mesh_set(void *data, u64 val)
{
	struct mesh *m = data;

	spin_lock_bh(&m->table);
	mesh_entry_touch(m);
	spin_unlock_bh(&m->table);

	local_bh_disable();
	mesh_entry_touch(m);
	write_seqlock(&m->seq);
	m->age = val;
	write_sequnlock(&m->seq);
	local_bh_enable();

	write_seqlock_bh(&m->seq);
	mesh_entry_touch(m);
	write_sequnlock_bh(&m->seq);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(mesh_fops, NULL, mesh_set, "%llu\n");

static int __init mesh_init(void)
{
	spin_lock_init(&mesh.table);
	spin_lock_init(&mesh.entry);
	seqlock_init(&mesh.seq);
	timer_setup(&mesh.aging, mesh_aging, 0);
	mesh_file = debugfs_create_file_unsafe("mesh", 0200, NULL, &mesh, &mesh_fops);
	mod_timer(&mesh.aging, jiffies + HZ);
	return 0;
}

static void __exit mesh_exit(void)
{
	debugfs_remove(mesh_file);
	timer_shutdown_sync(&mesh.aging);
}

module_init(mesh_init);
module_exit(mesh_exit);
MODULE_LICENSE("GPL");
