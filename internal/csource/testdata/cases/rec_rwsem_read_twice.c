// SPDX-License-Identifier: GPL-2.0
/*
 * Reads an rwsem that it already reads: a writer that waits in between lets
 * no second reader in.
 */
#include <linux/module.h>
#include <linux/rwsem.h>
#include <linux/list.h>
#include <linux/seq_file.h>
#include <linux/debugfs.h>

struct vol {
	struct list_head node;
	u64 size;
};

static DECLARE_RWSEM(vols_sem);
static LIST_HEAD(vols);
static struct dentry *vols_file;

static u64 vols_total(void)
{
	struct vol *v;
	u64 sum = 0;

	down_read(&vols_sem); /* want: recursive-lock */
	list_for_each_entry(v, &vols, node)
		sum += v->size;
	up_read(&vols_sem);
	return sum;
}

static int vols_show(struct seq_file *m, void *unused)
{
	struct vol *v;

	down_read(&vols_sem);
	list_for_each_entry(v, &vols, node)
		seq_printf(m, "%llu of %llu\n", v->size, vols_total()); /* want: recursive-lock */
	up_read(&vols_sem);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(vols);

void vol_register(struct vol *v)
{
	down_write(&vols_sem);
	list_add_tail(&v->node, &vols);
	up_write(&vols_sem);
}
EXPORT_SYMBOL_GPL(vol_register);

static int __init vols_init(void)
{
	vols_file = debugfs_create_file("vols", 0400, NULL, NULL, &vols_fops);
	return 0;
}

static void __exit vols_exit(void)
{
	debugfs_remove(vols_file);
}

module_init(vols_init);
module_exit(vols_exit);
MODULE_LICENSE("GPL");
