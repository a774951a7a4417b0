// SPDX-License-Identifier: GPL-2.0
/* A helper finds the lock, takes it and returns it; another keeps it in a member. */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>

struct table {
	spinlock_t locks[8];
	struct mutex big;
};

struct walk {
	struct table *t;
	spinlock_t *ptl;
	int key;
};

static spinlock_t *table_lockptr(struct table *t, int key)
{
	return &t->locks[key & 7];
}

static spinlock_t *table_lock(struct table *t, int key)
{
	spinlock_t *ptl = table_lockptr(t, key);

	spin_lock(ptl);
	return ptl;
}

static void walk_unlock(struct walk *w)
{
	spin_unlock(w->ptl);
}

static void walk_lock(struct walk *w)
{
	w->ptl = table_lockptr(w->t, w->key);
	spin_lock(w->ptl);
}

void one(struct table *t)
{
	spinlock_t *ptl;

	ptl = table_lock(t, 1);
	spin_unlock(ptl);
	mutex_lock(&t->big);
	mutex_unlock(&t->big);
}

void two(struct walk *w)
{
	w->ptl = table_lock(w->t, w->key);
	if (w->key > 3) {
		walk_unlock(w);
		mutex_lock(&w->t->big);
		mutex_unlock(&w->t->big);
		return;
	}
	spin_unlock(w->ptl);
}

void three(struct walk *w)
{
	walk_lock(w);
	walk_unlock(w);
	mutex_lock(&w->t->big);
	mutex_unlock(&w->t->big);
}

MODULE_LICENSE("GPL");
