// SPDX-License-Identifier: GPL-2.0
/*
 * Takes and releases locks that nobody else wants, and says how long that took:
 * ioctl(/proc/lockpairs, _IO('L', number of the pair), rounds) returns cycles.
 * Other letters are taken (fs/ioctl.c).
 */
#include <linux/ioctl.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/rwsem.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <asm/msr.h>

static DEFINE_MUTEX(one_mutex);
static DEFINE_MUTEX(inner_mutex);
static DEFINE_SEMAPHORE(one_sem);
static DECLARE_RWSEM(one_rwsem);

static struct allocated {
	struct mutex mutex;
	struct mutex inner;
	struct rw_semaphore rwsem;
} *allocated;

#define ROUNDS(take, release) do {		\
	for (i = 0; i < rounds; i++) {		\
		take;				\
		release;			\
	}					\
} while (0)

static long lockpairs_ioctl(struct file *file, unsigned int cmd, unsigned long rounds)
{
	unsigned int pair = _IOC_NR(cmd);
	unsigned long i, begin;
	long cycles;

	if (_IOC_TYPE(cmd) != 'L' || pair > 7)
		return -ENOTTY;
	/* What is held around the pair is taken before the clock is read. */
	if (pair == 6)
		mutex_lock(&one_mutex);
	if (pair == 7)
		mutex_lock(&allocated->mutex);
	begin = rdtsc_ordered();
	switch (pair) {
	case 0: ROUNDS(mutex_lock(&one_mutex), mutex_unlock(&one_mutex)); break;
	case 1: ROUNDS(mutex_lock(&allocated->mutex), mutex_unlock(&allocated->mutex)); break;
	case 2: ROUNDS(down(&one_sem), up(&one_sem)); break;
	case 3: ROUNDS(down_read(&one_rwsem), up_read(&one_rwsem)); break;
	case 4: ROUNDS(down_write(&one_rwsem), up_write(&one_rwsem)); break;
	case 5: ROUNDS(down_read(&allocated->rwsem), up_read(&allocated->rwsem)); break;
	case 6: ROUNDS(mutex_lock(&inner_mutex), mutex_unlock(&inner_mutex)); break;
	case 7: ROUNDS(mutex_lock(&allocated->inner), mutex_unlock(&allocated->inner)); break;
	}
	cycles = rdtsc_ordered() - begin;
	if (pair == 6)
		mutex_unlock(&one_mutex);
	if (pair == 7)
		mutex_unlock(&allocated->mutex);
	return cycles;
}

static const struct proc_ops lockpairs_ops = {
	.proc_ioctl = lockpairs_ioctl,
	.proc_lseek = noop_llseek,
};

static int __init lockpairs_init(void)
{
	allocated = kzalloc(sizeof(*allocated), GFP_KERNEL);
	if (!allocated)
		return -ENOMEM;
	mutex_init(&allocated->mutex);
	mutex_init(&allocated->inner);
	init_rwsem(&allocated->rwsem);
	if (!proc_create("lockpairs", 0600, NULL, &lockpairs_ops)) {
		kfree(allocated);
		return -ENOMEM;
	}
	return 0;
}

static void __exit lockpairs_exit(void)
{
	remove_proc_entry("lockpairs", NULL);
	kfree(allocated);
}

module_init(lockpairs_init);
module_exit(lockpairs_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("cost of locks that are free");
