// SPDX-License-Identifier: GPL-2.0
/* A semaphore goes with the request; the interrupt that ends it gives it back. */
#include <linux/module.h>
#include <linux/semaphore.h>

struct request {
	struct semaphore *done;
	int op;
};

struct mlc {
	struct semaphore osem;
	struct request req;
	int test;
};

extern int queue_request(struct request *r);

int mlc_out(struct mlc *m)
{
	down(&m->osem);
	if (m->test) {
		up(&m->osem);
		return 0;
	}
	m->req.done = &m->osem;
	return queue_request(&m->req);
}

MODULE_LICENSE("GPL");
