// SPDX-License-Identifier: GPL-2.0
/*
 * One object under two names: a global, and a pointer that is set to it.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct clockbox {
	struct mutex lock;
	u64 rate;
};

static struct clockbox main_clock;
static struct dentry *clk_file;

static u64 clock_rate(void)
{
	u64 rate;

	mutex_lock(&main_clock.lock); /* want: recursive-lock */
	rate = main_clock.rate;
	mutex_unlock(&main_clock.lock);
	return rate;
}

static int clock_scale(u64 num)
{
	struct clockbox *c = &main_clock;
	int ret = 0;

	mutex_lock(&c->lock);
	if (num > clock_rate()) /* want: recursive-lock */
		ret = -ERANGE;
	else
		c->rate = num;
	mutex_unlock(&c->lock);
	return ret;
}

static int clk_set(void *data, u64 val)
{
	return clock_scale(val);
}

static int clk_get(void *data, u64 *val)
{
	*val = clock_rate();
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(clk_fops, clk_get, clk_set, "%llu\n");

static int __init clk_mod_init(void)
{
	mutex_init(&main_clock.lock);
	main_clock.rate = 1000;
	clk_file = debugfs_create_file_unsafe("clockbox", 0600, NULL, NULL, &clk_fops);
	return 0;
}

static void __exit clk_mod_exit(void)
{
	debugfs_remove(clk_file);
}

module_init(clk_mod_init);
module_exit(clk_mod_exit);
MODULE_LICENSE("GPL");
