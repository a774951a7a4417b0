// SPDX-License-Identifier: GPL-2.0
/*
 * ww_mutexes of two buffers in any order: whoever gets -EDEADLK backs off,
 * waits for the contended one and starts again.
 */
#include <linux/module.h>
#include <linux/ww_mutex.h>
#include <linux/debugfs.h>

static DEFINE_WW_CLASS(bo_class);

struct bo {
	struct ww_mutex lock;
	u64 bytes;
};

static struct bo bos[8];
static struct dentry *bo_file;

static int bo_lock_two(struct bo *a, struct bo *b, struct ww_acquire_ctx *ctx)
{
	int ret;

	ret = ww_mutex_lock(&a->lock, ctx);
	if (ret)
		return ret;
	ret = ww_mutex_lock(&b->lock, ctx);
	while (ret == -EDEADLK) {
		ww_mutex_unlock(&a->lock);
		ww_mutex_lock_slow(&b->lock, ctx);
		swap(a, b);
		ret = ww_mutex_lock(&b->lock, ctx);
	}
	if (ret)
		ww_mutex_unlock(&a->lock);
	return ret;
}

static int bo_move(void *data, u64 val)
{
	struct bo *from = &bos[val & 7], *to = &bos[(val >> 4) & 7];
	struct ww_acquire_ctx ctx;
	int ret;

	if (from == to)
		return -EINVAL;
	ww_acquire_init(&ctx, &bo_class);
	ret = bo_lock_two(from, to, &ctx);
	if (!ret) {
		ww_acquire_done(&ctx);
		to->bytes += from->bytes;
		from->bytes = 0;
		ww_mutex_unlock(&from->lock);
		ww_mutex_unlock(&to->lock);
	}
	ww_acquire_fini(&ctx);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(bo_fops, NULL, bo_move, "%llu\n");

static int __init bo_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bos); i++)
		ww_mutex_init(&bos[i].lock, &bo_class);
	bo_file = debugfs_create_file_unsafe("bo", 0200, NULL, NULL, &bo_fops);
	return 0;
}

static void __exit bo_exit(void)
{
	debugfs_remove(bo_file);
}

module_init(bo_init);
module_exit(bo_exit);
MODULE_LICENSE("GPL");
