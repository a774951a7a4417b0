// SPDX-License-Identifier: GPL-2.0
/*
 * A registry copies what it needs under its lock, takes references, and calls
 * the clients afterwards; clients call the registry with their locks.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

struct sub2 {
	struct list_head node;
	struct kref ref;
	struct mutex lock;
	void (*notify)(struct sub2 *s, u64 val);
	u64 last;
};

static DEFINE_MUTEX(subs2_lock);
static LIST_HEAD(subs2);
static struct dentry *sub2_file;

static void sub2_free(struct kref *ref)
{
	kfree(container_of(ref, struct sub2, ref));
}

static void sub2_publish(u64 val)
{
	struct sub2 *batch[8], *s;
	int n = 0, i;

	mutex_lock(&subs2_lock);
	list_for_each_entry(s, &subs2, node) {
		if (n == ARRAY_SIZE(batch))
			break;
		kref_get(&s->ref);
		batch[n++] = s;
	}
	mutex_unlock(&subs2_lock);

	for (i = 0; i < n; i++) {
		batch[i]->notify(batch[i], val);
		kref_put(&batch[i]->ref, sub2_free);
	}
}

static void sub2_leave(struct sub2 *s)
{
	mutex_lock(&subs2_lock);
	list_del_init(&s->node);
	mutex_unlock(&subs2_lock);
}

static void sub2_notify(struct sub2 *s, u64 val)
{
	mutex_lock(&s->lock);
	s->last = val;
	if (val > 100)
		sub2_leave(s);
	mutex_unlock(&s->lock);
}

static int sub2_set(void *data, u64 val)
{
	sub2_publish(val);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(sub2_fops, NULL, sub2_set, "%llu\n");

static int __init sub2_init(void)
{
	struct sub2 *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	kref_init(&s->ref);
	mutex_init(&s->lock);
	s->notify = sub2_notify;
	list_add(&s->node, &subs2);
	sub2_file = debugfs_create_file_unsafe("sub2", 0200, NULL, NULL, &sub2_fops);
	return 0;
}

module_init(sub2_init);
MODULE_LICENSE("GPL");
