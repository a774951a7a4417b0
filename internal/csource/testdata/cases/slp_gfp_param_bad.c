// SPDX-License-Identifier: GPL-2.0
/*
 * One of the callers passes GFP_KERNEL from inside an RCU reader.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/rcupdate.h>
#include <linux/rculist.h>
#include <linux/netdevice.h>

struct sub {
	struct list_head node;
	u32 group;
};

struct msgx {
	u32 group;
	u32 len;
};

static LIST_HEAD(subs);
static DEFINE_MUTEX(subs_mutex);

static struct msgx *msg_new(u32 group, gfp_t gfp)
{
	struct msgx *m = kmalloc(sizeof(*m), gfp); /* want: sleep-in-atomic */

	if (m)
		m->group = group;
	return m;
}

int msg_broadcast(u32 group)
{
	struct msgx *m;
	struct sub *s;

	rcu_read_lock();
	list_for_each_entry_rcu(s, &subs, node) {
		if (s->group != group)
			continue;
		m = msg_new(group, GFP_KERNEL); /* want: sleep-in-atomic */
		if (!m)
			break;
		kfree(m);
	}
	rcu_read_unlock();
	return 0;
}
EXPORT_SYMBOL_GPL(msg_broadcast);

int msg_join(struct sub *s)
{
	struct msgx *hello = msg_new(s->group, GFP_KERNEL);

	if (!hello)
		return -ENOMEM;
	mutex_lock(&subs_mutex);
	list_add_rcu(&s->node, &subs);
	mutex_unlock(&subs_mutex);
	kfree(hello);
	return 0;
}
EXPORT_SYMBOL_GPL(msg_join);

void msg_leave(struct sub *s)
{
	mutex_lock(&subs_mutex);
	list_del_rcu(&s->node);
	mutex_unlock(&subs_mutex);
	synchronize_rcu();
}
EXPORT_SYMBOL_GPL(msg_leave);

MODULE_LICENSE("GPL");
