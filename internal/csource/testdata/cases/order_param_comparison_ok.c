// SPDX-License-Identifier: GPL-2.0
/* Whether the helper takes the second lock is told by a comparison, or kept in a flag. */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

enum mode { MODE_A, MODE_B };

struct port {
	struct mutex a;
	struct mutex b;
	int n;
};

static void ack(struct port *p, bool wait)
{
	if (wait) {
		mutex_lock(&p->a);
		p->n++;
		mutex_unlock(&p->a);
	} else {
		p->n = 0;
	}
}

static void send_ms(struct port *p, int ms)
{
	ack(p, ms > 0);
}

static void send_mode(struct port *p, enum mode m)
{
	ack(p, m == MODE_B);
}

static void destroy(struct port *p, bool a_held)
{
	bool lockless = !a_held && p->n;

	if (lockless)
		mutex_lock(&p->a);
	p->n = 0;
	if (lockless)
		mutex_unlock(&p->a);
}

void from_b(struct port *p)
{
	mutex_lock(&p->b);
	send_ms(p, 0);
	send_mode(p, MODE_A);
	destroy(p, true);
	mutex_unlock(&p->b);
}

void from_a(struct port *p)
{
	mutex_lock(&p->a);
	mutex_lock(&p->b);
	p->n++;
	mutex_unlock(&p->b);
	mutex_unlock(&p->a);
	send_ms(p, 1);
}

MODULE_LICENSE("GPL");
