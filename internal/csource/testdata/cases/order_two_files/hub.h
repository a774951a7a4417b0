/* SPDX-License-Identifier: GPL-2.0 */
#ifndef HUB_H
#define HUB_H

#include <linux/list.h>
#include <linux/spinlock.h>

struct hub {
	spinlock_t lock;
	struct list_head sessions;
	unsigned int count;
};

struct session {
	spinlock_t lock;
	struct list_head node;
	struct hub *hub;
	bool closed;
};

void hub_forget(struct session *s);
void hub_close_all(struct hub *hub);
void session_close(struct session *s);
void session_fail(struct session *s);

#endif
