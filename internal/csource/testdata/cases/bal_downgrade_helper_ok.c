// SPDX-License-Identifier: GPL-2.0
/* A helper turns its caller's write lock into a read lock, and says so. */
#include <linux/module.h>
#include <linux/rwsem.h>

struct map {
	struct rw_semaphore sem;
	int n;
};

static int map_cut(struct map *m, int n)
{
	if (n < 0)
		return -EINVAL;
	if (n == 7)
		return 0;
	downgrade_write(&m->sem);
	return 1;
}

static int map_cut_checked(struct map *m, int n)
{
	if (n > 100)
		return -EINVAL;
	return map_cut(m, n);
}

int map_unmap(struct map *m, int n)
{
	int ret;

	down_write(&m->sem);
	ret = map_cut_checked(m, n);
	if (ret == 1) {
		m->n++;
		up_read(&m->sem);
		ret = 0;
	} else {
		up_write(&m->sem);
	}
	return ret;
}

MODULE_LICENSE("GPL");
