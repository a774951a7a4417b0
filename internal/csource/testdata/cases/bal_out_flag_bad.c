// SPDX-License-Identifier: GPL-2.0
/* As bal_out_flag_ok.c, but the caller's test is the wrong way round. */
#include <linux/module.h>
#include <linux/mutex.h>

struct dev_q {
	struct mutex lock;
	int busy;
};

static void q_maybe_drop(struct dev_q *q, bool *locked)
{
	if (q->busy) {
		*locked = false;
		mutex_unlock(&q->lock);
	}
}

void q_run(struct dev_q *q)
{
	bool locked = true;

	mutex_lock(&q->lock);
	q_maybe_drop(q, &locked);
	if (!locked)
		mutex_unlock(&q->lock); /* want: unlock-not-held bug=twice */
} /* want: missing-unlock bug=kept */

MODULE_LICENSE("GPL");
