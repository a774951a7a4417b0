// SPDX-License-Identifier: GPL-2.0
/* A helper says through a pointer whether it has dropped the lock. */
#include <linux/module.h>
#include <linux/mutex.h>

struct dev_q {
	struct mutex lock;
	int busy;
	int n;
};

static void q_maybe_drop(struct dev_q *q, bool *locked)
{
	if (q->busy) {
		*locked = false;
		mutex_unlock(&q->lock);
	}
}

static bool q_try(struct dev_q *q, bool *locked)
{
	if (q->n > 3) {
		*locked = mutex_trylock(&q->lock);
		return *locked;
	}
	*locked = false;
	return true;
}

void q_run(struct dev_q *q)
{
	bool locked = true;

	mutex_lock(&q->lock);
	q_maybe_drop(q, &locked);
	if (locked)
		mutex_unlock(&q->lock);
}

int q_poll(struct dev_q *q)
{
	bool locked;

	if (!q_try(q, &locked))
		return -EBUSY;
	q->n++;
	if (locked)
		mutex_unlock(&q->lock);
	return 0;
}

MODULE_LICENSE("GPL");
