// SPDX-License-Identifier: GPL-2.0
/*
 * An error path returns with the mutex held. The call itself works; the next
 * one that needs the mutex never returns.
 *
 * Bug: panel_set() returns -ERANGE with panel.lock held.
 * Cure: lock-not-released-fixed.c
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define PANEL_MAX	255

struct panel {
	struct mutex lock;
	unsigned int brightness;
	bool powered;
};

static struct panel panel = {
	.lock		= __MUTEX_INITIALIZER(panel.lock),
	.powered	= true,
};

static int panel_set(struct panel *p, unsigned int brightness)
{
	int ret;

	ret = mutex_lock_interruptible(&p->lock);
	if (ret)
		return ret;	/* right: it was not taken */

	if (!p->powered) {
		ret = -ENODEV;
		goto out;
	}
	if (brightness > PANEL_MAX)
		return -ERANGE;	/* wrong: should be the goto above */
	p->brightness = brightness;
out:
	mutex_unlock(&p->lock);
	return ret;
}

static ssize_t panel_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	unsigned int brightness;
	int ret;

	ret = kstrtouint_from_user(buf, len, 0, &brightness);
	if (!ret)
		ret = panel_set(&panel, brightness);
	return ret ? ret : len;
}

static ssize_t panel_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	char text[16];
	int n;

	mutex_lock(&panel.lock);
	n = scnprintf(text, sizeof(text), "%u\n", panel.brightness);
	mutex_unlock(&panel.lock);
	return simple_read_from_buffer(buf, len, pos, text, n);
}

static const struct file_operations panel_fops = {
	.owner	= THIS_MODULE,
	.read	= panel_read,
	.write	= panel_write,
};

static struct miscdevice panel_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "panel",
	.fops	= &panel_fops,
};

module_misc_device(panel_misc);

MODULE_DESCRIPTION("An error path that keeps the mutex");
MODULE_LICENSE("GPL");
