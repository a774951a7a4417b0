// SPDX-License-Identifier: GPL-2.0
/* A helper leaves its caller's read-side critical section while it sleeps. */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(big);

static int look(int n)
{
	if (n < 3)
		return n;
	rcu_read_unlock();
	mutex_lock(&big);
	n++;
	mutex_unlock(&big);
	rcu_read_lock();
	return n;
}

int scan(int n)
{
	int i, sum = 0;

	rcu_read_lock();
	for (i = 0; i < n; i++)
		sum += look(i);
	rcu_read_unlock();
	return sum;
}

MODULE_LICENSE("GPL");
