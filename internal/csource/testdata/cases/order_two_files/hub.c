// SPDX-License-Identifier: GPL-2.0
/*
 * The hub's half: hub->lock, then the lock of each session.
 */
#include <linux/module.h>
#include "hub.h"

void hub_forget(struct session *s)
{
	struct hub *hub = s->hub;

	spin_lock_bh(&hub->lock); /* want: lock-order-inversion */
	list_del_init(&s->node);
	hub->count--;
	spin_unlock_bh(&hub->lock);
}

void hub_close_all(struct hub *hub)
{
	struct session *s;

	spin_lock_bh(&hub->lock);
	list_for_each_entry(s, &hub->sessions, node)
		session_close(s); /* want: lock-order-inversion */
	spin_unlock_bh(&hub->lock);
}
