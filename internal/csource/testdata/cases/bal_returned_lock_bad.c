// SPDX-License-Identifier: GPL-2.0
/* The lock that a helper returned is held where the code sleeps. */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>

struct table {
	spinlock_t locks[8];
	struct mutex big;
};

static spinlock_t *table_lock(struct table *t, int key)
{
	spinlock_t *l = &t->locks[key & 7];

	spin_lock(l);
	return l;
}

void one(struct table *t)
{
	spinlock_t *ptl;

	ptl = table_lock(t, 1);
	mutex_lock(&t->big); /* want: sleep-in-atomic */
	mutex_unlock(&t->big);
	spin_unlock(ptl);
}

MODULE_LICENSE("GPL");
