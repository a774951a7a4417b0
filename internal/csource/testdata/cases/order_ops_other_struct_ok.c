// SPDX-License-Identifier: GPL-2.0
/*
 * Two tables with a member of the same name. sink_ops.flush is called under
 * bridge->lock and takes no lock; port_ops.flush takes port->lock and then
 * bridge->lock, and is never called with bridge->lock held.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/debugfs.h>

struct bridge;
struct port;

struct sink_ops {
	void (*flush)(struct bridge *b);
};

struct port_ops {
	void (*flush)(struct port *p);
};

struct bridge {
	struct mutex lock;
	const struct sink_ops *ops;
	u32 queued;
};

struct port {
	struct mutex lock;
	const struct port_ops *ops;
	struct bridge *bridge;
	u32 pending;
};

static struct bridge br0;
static struct port port0;
static struct dentry *br_dir;

static void null_sink_flush(struct bridge *b)
{
	b->queued = 0;
}

static const struct sink_ops null_sink_ops = { .flush = null_sink_flush };

static void port_flush(struct port *p)
{
	mutex_lock(&p->lock);
	mutex_lock(&p->bridge->lock);
	p->bridge->queued += p->pending;
	mutex_unlock(&p->bridge->lock);
	p->pending = 0;
	mutex_unlock(&p->lock);
}

static const struct port_ops eth_port_ops = { .flush = port_flush };

static int br_flush_set(void *data, u64 val)
{
	struct bridge *b = data;

	mutex_lock(&b->lock);
	b->ops->flush(b);
	mutex_unlock(&b->lock);
	return 0;
}

static int port_flush_set(void *data, u64 val)
{
	struct port *p = data;

	p->ops->flush(p);
	return 0;
}

DEFINE_DEBUGFS_ATTRIBUTE(br_fops, NULL, br_flush_set, "%llu\n");
DEFINE_DEBUGFS_ATTRIBUTE(port_fops, NULL, port_flush_set, "%llu\n");

static int __init br_init(void)
{
	mutex_init(&br0.lock);
	br0.ops = &null_sink_ops;
	mutex_init(&port0.lock);
	port0.ops = &eth_port_ops;
	port0.bridge = &br0;
	br_dir = debugfs_create_dir("br0", NULL);
	debugfs_create_file_unsafe("flush", 0200, br_dir, &br0, &br_fops);
	debugfs_create_file_unsafe("port", 0200, br_dir, &port0, &port_fops);
	return 0;
}

static void __exit br_exit(void)
{
	debugfs_remove_recursive(br_dir);
}

module_init(br_init);
module_exit(br_exit);
MODULE_LICENSE("GPL");
