// SPDX-License-Identifier: GPL-2.0
/*
 * seq_file: start() takes the lock and stop() releases it, also when start()
 * returns NULL.
 */
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/proc_fs.h>
#include <linux/mutex.h>
#include <linux/list.h>
#include <linux/slab.h>

struct rule {
	struct list_head node;
	u32 src, dst;
};

static DEFINE_MUTEX(rules_mutex);
static LIST_HEAD(rules);

static void *rules_start(struct seq_file *m, loff_t *pos)
{
	mutex_lock(&rules_mutex);
	return seq_list_start(&rules, *pos);
}

static void *rules_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &rules, pos);
}

static void rules_stop(struct seq_file *m, void *v)
{
	mutex_unlock(&rules_mutex);
}

static int rules_show(struct seq_file *m, void *v)
{
	struct rule *r = list_entry(v, struct rule, node);

	seq_printf(m, "%08x -> %08x\n", r->src, r->dst);
	return 0;
}

static const struct seq_operations rules_seq_ops = {
	.start	= rules_start,
	.next	= rules_next,
	.stop	= rules_stop,
	.show	= rules_show,
};

int rules_add(u32 src, u32 dst)
{
	struct rule *r = kmalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	r->src = src;
	r->dst = dst;
	mutex_lock(&rules_mutex);
	list_add_tail(&r->node, &rules);
	mutex_unlock(&rules_mutex);
	return 0;
}
EXPORT_SYMBOL_GPL(rules_add);

static int __init rules_init(void)
{
	return proc_create_seq("rules", 0400, NULL, &rules_seq_ops) ? 0 : -ENOMEM;
}

static void __exit rules_exit(void)
{
	remove_proc_entry("rules", NULL);
}

module_init(rules_init);
module_exit(rules_exit);
MODULE_LICENSE("GPL");
