// SPDX-License-Identifier: GPL-2.0
/*
 * Two guards in opposite orders, one of them in a scoped_guard().
 */
#include <linux/module.h>
#include <linux/cleanup.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct ledger {
	struct mutex books;
	struct mutex audit;
	u64 in, out;
};

static struct ledger ledger;
static struct dentry *ledger_file;

static int ledger_post(void *data, u64 val)
{
	struct ledger *l = data;

	guard(mutex)(&l->books);
	l->in += val;
	scoped_guard(mutex, &l->audit) { /* want: lock-order-inversion */
		if (l->out > l->in)
			return -ERANGE;
		l->out += val;
	}
	return 0;
}

static int ledger_check(void *data, u64 *val)
{
	struct ledger *l = data;

	guard(mutex)(&l->audit);
	guard(mutex)(&l->books); /* want: lock-order-inversion */
	*val = l->in - l->out;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(ledger_fops, ledger_check, ledger_post, "%llu\n");

static int __init ledger_init(void)
{
	mutex_init(&ledger.books);
	mutex_init(&ledger.audit);
	ledger_file = debugfs_create_file_unsafe("ledger", 0600, NULL, &ledger, &ledger_fops);
	return 0;
}

static void __exit ledger_exit(void)
{
	debugfs_remove(ledger_file);
}

module_init(ledger_init);
module_exit(ledger_exit);
MODULE_LICENSE("GPL");
