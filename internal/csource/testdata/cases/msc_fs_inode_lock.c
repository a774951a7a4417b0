// SPDX-License-Identifier: GPL-2.0
/*
 * A small filesystem: the VFS calls ->create() with the directory's
 * inode_lock held, and this one takes it again.
 */
#include <linux/module.h>
#include <linux/fs.h>
#include <linux/pagemap.h>

struct tinyfs_sb {
	struct mutex lock;
	u32 inodes;
};

static const struct inode_operations tinyfs_dir_ops;

static struct inode *tinyfs_new_inode(struct super_block *sb, umode_t mode)
{
	struct tinyfs_sb *s = sb->s_fs_info;
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	mutex_lock(&s->lock);
	inode->i_ino = ++s->inodes;
	mutex_unlock(&s->lock);
	inode->i_mode = mode;
	return inode;
}

static void tinyfs_touch(struct inode *dir)
{
	inode_lock(dir); /* want: recursive-lock */
	dir->i_mtime = current_time(dir);
	inode_unlock(dir);
}

static int tinyfs_create(struct user_namespace *ns, struct inode *dir,
			 struct dentry *dentry, umode_t mode, bool excl)
{
	struct inode *inode = tinyfs_new_inode(dir->i_sb, mode);

	if (!inode)
		return -ENOSPC;
	tinyfs_touch(dir); /* want: recursive-lock */
	d_instantiate(dentry, inode);
	return 0;
}

static const struct inode_operations tinyfs_dir_ops = {
	.lookup	= simple_lookup,
	.create	= tinyfs_create,
};

const struct inode_operations *tinyfs_ops(void)
{
	return &tinyfs_dir_ops;
}
EXPORT_SYMBOL_GPL(tinyfs_ops);
MODULE_LICENSE("GPL");
