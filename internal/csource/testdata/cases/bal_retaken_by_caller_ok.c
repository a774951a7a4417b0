// SPDX-License-Identifier: GPL-2.0
/* A helper drops the lock of its caller's caller; its caller takes it back. */
#include <linux/module.h>
#include <linux/rwsem.h>

struct tree {
	struct rw_semaphore sem;
	int n;
};

static int tree_restart(struct tree *t)
{
	up_write(&t->sem);
	t->n++;
	return 0;
}

static int tree_ensure(struct tree *t)
{
	int ret = tree_restart(t);

	down_write(&t->sem);
	return ret;
}

int tree_truncate(struct tree *t)
{
	int ret;

	down_write(&t->sem);
	ret = tree_ensure(t);
	up_write(&t->sem);
	return ret;
}

MODULE_LICENSE("GPL");
