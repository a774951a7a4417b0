// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's own guard classes: one by functions that do more than lock, one
 * for a lock inside the object that is named.
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/slab.h>
#include <linux/err.h>
#include <linux/debugfs.h>

struct vault {
	struct mutex lock;
	spinlock_t slock;
	u64 gold;
	bool closed;
};

static struct vault vault;
static struct dentry *vault_file;

static inline void vault_enter(struct vault *v)
{
	mutex_lock(&v->lock);
	v->closed = false;
}

static inline void vault_leave(struct vault *v)
{
	v->closed = true;
	mutex_unlock(&v->lock);
}

DEFINE_GUARD(vault, struct vault *, vault_enter(_T), vault_leave(_T))
DEFINE_LOCK_GUARD_1(vault_spin, struct vault, spin_lock(&_T->lock->slock),
		    spin_unlock(&_T->lock->slock))

static int vault_put(void *data, u64 val)
{
	struct vault *v = data;
	u64 *tmp __free(kfree) = NULL;

	guard(vault)(v);
	tmp = kmalloc(sizeof(*tmp), GFP_KERNEL);
	if (!tmp)
		return -ENOMEM;
	*tmp = val;
	scoped_guard(vault_spin, v)
		v->gold += *tmp;
	return 0;
}

static int vault_get(void *data, u64 *val)
{
	struct vault *v = data;

	CLASS(vault, held)(v);
	if (v->closed)
		return -EACCES;
	*val = v->gold;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(vault_fops, vault_get, vault_put, "%llu\n");

static int __init vault_init(void)
{
	mutex_init(&vault.lock);
	spin_lock_init(&vault.slock);
	vault_file = debugfs_create_file_unsafe("vault", 0600, NULL, &vault, &vault_fops);
	return 0;
}

static void __exit vault_exit(void)
{
	debugfs_remove(vault_file);
}

module_init(vault_init);
module_exit(vault_exit);
MODULE_LICENSE("GPL");
