// SPDX-License-Identifier: GPL-2.0
/*
 * Nested loops, do-while, goto into the next round, a flag that ends the
 * outer loop; all leave with the lock as they should.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct cell {
	struct list_head node;
	u64 weight;
	bool dead;
};

struct grid {
	spinlock_t lock;
	struct list_head rows[4];
	u64 purged;
};

static struct grid grid;
static struct dentry *grid_file;

static u64 grid_purge(struct grid *g, u64 limit)
{
	struct cell *c, *n;
	bool again, full = false;
	u64 count = 0;
	int i;

	do {
		again = false;
		for (i = 0; i < ARRAY_SIZE(g->rows) && !full; i++) {
			spin_lock(&g->lock);
			list_for_each_entry_safe(c, n, &g->rows[i], node) {
				if (!c->dead)
					continue;
				list_del(&c->node);
				spin_unlock(&g->lock);
				kfree(c);
				count++;
				again = true;
				goto next;
			}
			spin_unlock(&g->lock);
next:
			if (count >= limit)
				full = true;
		}
	} while (again && !full);
	return count;
}

static int grid_set(void *data, u64 val)
{
	struct grid *g = data;
	struct cell *c = kzalloc(sizeof(*c), GFP_KERNEL);
	u64 n;

	if (!c)
		return -ENOMEM;
	c->weight = val;
	c->dead = val & 1;
	spin_lock(&g->lock);
	list_add(&c->node, &g->rows[val & 3]);
	spin_unlock(&g->lock);

	n = grid_purge(g, 10);
	spin_lock(&g->lock);
	g->purged += n;
	spin_unlock(&g->lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(grid_fops, NULL, grid_set, "%llu\n");

static int __init grid_init(void)
{
	int i;

	spin_lock_init(&grid.lock);
	for (i = 0; i < ARRAY_SIZE(grid.rows); i++)
		INIT_LIST_HEAD(&grid.rows[i]);
	grid_file = debugfs_create_file_unsafe("grid", 0200, NULL, &grid, &grid_fops);
	return 0;
}

module_init(grid_init);
MODULE_LICENSE("GPL");
