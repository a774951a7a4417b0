// SPDX-License-Identifier: GPL-2.0
/*
 * Locks in arrays: one per CPU, one per hash bucket, taken one at a time, and
 * all of them in index order with a nest lock.
 */
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/mutex.h>
#include <linux/hash.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>

#define NBUCKET	16

struct bucket {
	struct mutex lock;
	u64 n;
};

struct pcpu_cnt {
	raw_spinlock_t lock;
	u64 n;
};

static struct bucket buckets[NBUCKET];
static DEFINE_MUTEX(all_lock);
static DEFINE_PER_CPU(struct pcpu_cnt, cnts);
static struct dentry *ph_file;

static void ph_count(void)
{
	struct pcpu_cnt *c = get_cpu_ptr(&cnts);

	raw_spin_lock(&c->lock);
	c->n++;
	raw_spin_unlock(&c->lock);
	put_cpu_ptr(&cnts);
}

static int ph_set(void *data, u64 val)
{
	struct bucket *b = &buckets[hash_64(val, 4)];

	mutex_lock(&b->lock);
	b->n++;
	ph_count();
	mutex_unlock(&b->lock);
	return 0;
}

static int ph_get(void *data, u64 *val)
{
	int i, cpu;

	*val = 0;
	mutex_lock(&all_lock);
	for (i = 0; i < NBUCKET; i++)
		mutex_lock_nest_lock(&buckets[i].lock, &all_lock);
	for (i = 0; i < NBUCKET; i++)
		*val += buckets[i].n;
	for (i = 0; i < NBUCKET; i++)
		mutex_unlock(&buckets[i].lock);
	mutex_unlock(&all_lock);

	for_each_possible_cpu(cpu) {
		struct pcpu_cnt *c = per_cpu_ptr(&cnts, cpu);

		raw_spin_lock(&c->lock);
		*val += c->n;
		raw_spin_unlock(&c->lock);
	}
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ph_fops, ph_get, ph_set, "%llu\n");

static int __init ph_init(void)
{
	int i, cpu;

	for (i = 0; i < NBUCKET; i++)
		mutex_init(&buckets[i].lock);
	for_each_possible_cpu(cpu)
		raw_spin_lock_init(&per_cpu_ptr(&cnts, cpu)->lock);
	ph_file = debugfs_create_file_unsafe("ph", 0600, NULL, NULL, &ph_fops);
	return 0;
}

static void __exit ph_exit(void)
{
	debugfs_remove(ph_file);
}

module_init(ph_init);
module_exit(ph_exit);
MODULE_LICENSE("GPL");
