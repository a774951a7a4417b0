// SPDX-License-Identifier: GPL-2.0
/*
 * The session's half: session->lock, then hub->lock in hub_forget().
 */
#include <linux/module.h>
#include "hub.h"

void session_close(struct session *s)
{
	spin_lock_bh(&s->lock); /* want: lock-order-inversion */
	s->closed = true;
	spin_unlock_bh(&s->lock);
}
EXPORT_SYMBOL_GPL(session_close);

void session_fail(struct session *s)
{
	spin_lock_bh(&s->lock);
	if (!s->closed) {
		s->closed = true;
		hub_forget(s); /* want: lock-order-inversion */
	}
	spin_unlock_bh(&s->lock);
}
EXPORT_SYMBOL_GPL(session_fail);

MODULE_LICENSE("GPL");
