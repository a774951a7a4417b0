// SPDX-License-Identifier: GPL-2.0
/*
 * lock-not-released.c with a single way out below the lock.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/uaccess.h>

#define SCREEN_MAX	255

struct screen {
	struct mutex lock;
	unsigned int brightness;
	bool powered;
};

static struct screen screen = {
	.lock		= __MUTEX_INITIALIZER(screen.lock),
	.powered	= true,
};

static int screen_set(struct screen *s, unsigned int brightness)
{
	int ret;

	ret = mutex_lock_interruptible(&s->lock);
	if (ret)
		return ret;

	if (!s->powered) {
		ret = -ENODEV;
		goto out;
	}
	if (brightness > SCREEN_MAX) {
		ret = -ERANGE;
		goto out;
	}
	s->brightness = brightness;
out:
	mutex_unlock(&s->lock);
	return ret;
}

static ssize_t screen_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	unsigned int brightness;
	int ret;

	ret = kstrtouint_from_user(buf, len, 0, &brightness);
	if (!ret)
		ret = screen_set(&screen, brightness);
	return ret ? ret : len;
}

static ssize_t screen_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	char text[16];
	int n;

	mutex_lock(&screen.lock);
	n = scnprintf(text, sizeof(text), "%u\n", screen.brightness);
	mutex_unlock(&screen.lock);
	return simple_read_from_buffer(buf, len, pos, text, n);
}

static const struct file_operations screen_fops = {
	.owner	= THIS_MODULE,
	.read	= screen_read,
	.write	= screen_write,
};

static struct miscdevice screen_misc = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "screen",
	.fops	= &screen_fops,
};

module_misc_device(screen_misc);

MODULE_DESCRIPTION("Every path gives the mutex back");
MODULE_LICENSE("GPL");
