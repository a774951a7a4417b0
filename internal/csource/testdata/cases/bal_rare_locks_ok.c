// SPDX-License-Identifier: GPL-2.0
/*
 * Bit spinlocks, local locks, rt_mutexes and per-CPU rwsems.
 */
#include <linux/module.h>
#include <linux/bit_spinlock.h>
#include <linux/local_lock.h>
#include <linux/percpu.h>
#include <linux/percpu-rwsem.h>
#include <linux/rtmutex.h>
#include <linux/slab.h>
#include <linux/debugfs.h>

#define BUCKET_LOCK	0

struct pcpu_batch {
	local_lock_t lock;
	unsigned int n;
};

static DEFINE_PER_CPU(struct pcpu_batch, batch) = {
	.lock = INIT_LOCAL_LOCK(lock),
};

static unsigned long bucket_word;
static DEFINE_RT_MUTEX(prio_lock);
DEFINE_STATIC_PERCPU_RWSEM(cfg_rwsem);
static u32 cfg;
static struct dentry *rare_file;

static int bucket_try(void)
{
	if (!bit_spin_trylock(BUCKET_LOCK, &bucket_word))
		return -EBUSY;
	__bit_spin_unlock(BUCKET_LOCK, &bucket_word);
	return 0;
}

static int rare_set(void *data, u64 val)
{
	u32 *buf;

	bit_spin_lock(BUCKET_LOCK, &bucket_word);
	bucket_word ^= 2;
	bit_spin_unlock(BUCKET_LOCK, &bucket_word);

	local_lock(&batch.lock);
	__this_cpu_inc(batch.n);
	local_unlock(&batch.lock);

	percpu_down_write(&cfg_rwsem);
	buf = kmalloc(64, GFP_KERNEL);
	if (!buf) {
		percpu_up_write(&cfg_rwsem);
		return -ENOMEM;
	}
	cfg = (u32)val;
	percpu_up_write(&cfg_rwsem);
	kfree(buf);
	return bucket_try();
}

static int rare_get(void *data, u64 *val)
{
	int ret = rt_mutex_lock_interruptible(&prio_lock);

	if (ret)
		return ret;
	percpu_down_read(&cfg_rwsem);
	*val = cfg;
	percpu_up_read(&cfg_rwsem);
	rt_mutex_unlock(&prio_lock);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(rare_fops, rare_get, rare_set, "%llu\n");

static int __init rare_init(void)
{
	rare_file = debugfs_create_file_unsafe("rare", 0600, NULL, NULL, &rare_fops);
	return 0;
}

static void __exit rare_exit(void)
{
	debugfs_remove(rare_file);
}

module_init(rare_init);
module_exit(rare_exit);
MODULE_LICENSE("GPL");
