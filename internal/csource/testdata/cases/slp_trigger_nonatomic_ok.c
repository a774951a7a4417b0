// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks that may sleep, of kinds whose siblings may not: clk_ops.prepare,
 * PCM hw_params, a work item, a threaded handler, a kthread, ndo_open.
 */
#include <linux/module.h>
#include <linux/clk-provider.h>
#include <linux/delay.h>
#include <linux/workqueue.h>
#include <linux/kthread.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <sound/core.h>
#include <sound/pcm.h>

struct many {
	struct clk_hw hw;
	struct work_struct work;
	struct task_struct *task;
	struct mutex lock;
	u32 n;
};

static void many_slow(struct many *m)
{
	mutex_lock(&m->lock);
	msleep(5);
	m->n++;
	mutex_unlock(&m->lock);
}

static int many_prepare(struct clk_hw *hw)
{
	many_slow(container_of(hw, struct many, hw));
	return 0;
}

static int many_enable(struct clk_hw *hw)
{
	udelay(5);
	return 0;
}

const struct clk_ops many_clk_ops = {
	.prepare	= many_prepare,
	.enable		= many_enable,
};

static int many_hw_params(struct snd_pcm_substream *sub, struct snd_pcm_hw_params *params)
{
	many_slow(snd_pcm_substream_chip(sub));
	return 0;
}

static int many_trigger(struct snd_pcm_substream *sub, int cmd)
{
	udelay(1);
	return 0;
}

const struct snd_pcm_ops many_pcm_ops = {
	.hw_params	= many_hw_params,
	.trigger	= many_trigger,
};

static int many_open(struct net_device *dev)
{
	many_slow(netdev_priv(dev));
	return 0;
}

const struct net_device_ops many_net_ops = {
	.ndo_open	= many_open,
};

static void many_work(struct work_struct *work)
{
	many_slow(container_of(work, struct many, work));
}

static int many_thread(void *data)
{
	while (!kthread_should_stop())
		many_slow(data);
	return 0;
}

struct many *many_new(void)
{
	struct many *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return NULL;
	mutex_init(&m->lock);
	INIT_WORK(&m->work, many_work);
	schedule_work(&m->work);
	m->task = kthread_run(many_thread, m, "many");
	return m;
}
EXPORT_SYMBOL_GPL(many_new);
MODULE_LICENSE("GPL");
