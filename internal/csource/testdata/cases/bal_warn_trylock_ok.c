// SPDX-License-Identifier: GPL-2.0
/* The trylock in WARN() asserts that the caller holds the lock. */
#include <linux/module.h>
#include <linux/rwsem.h>

struct super {
	struct rw_semaphore umount;
	int n;
};

static void super_shrink(struct super *s)
{
	WARN(down_read_trylock(&s->umount), "umount should be held");
	s->n = 0;
}

void super_shutdown(struct super *s)
{
	if (s->n)
		super_shrink(s);
	up_write(&s->umount);
}

void super_kill(struct super *s)
{
	down_write(&s->umount);
	super_shutdown(s);
}

MODULE_LICENSE("GPL");
