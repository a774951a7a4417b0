// SPDX-License-Identifier: GPL-2.0
/*
 * The PCM trigger callback is atomic unless pcm->nonatomic is set; here it
 * sets up a clock, which sleeps.
 */
#include <linux/module.h>
#include <linux/clk.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <sound/core.h>
#include <sound/pcm.h>

struct pcmx {
	struct clk *clk;
	void __iomem *regs;
	bool running;
};

static int pcmx_start(struct pcmx *p)
{
	int ret = clk_prepare_enable(p->clk); /* want: sleep-in-atomic */

	if (ret)
		return ret;
	writel(1, p->regs);
	p->running = true;
	return 0;
}

static void pcmx_stop(struct pcmx *p)
{
	writel(0, p->regs);
	p->running = false;
}

static int pcmx_trigger(struct snd_pcm_substream *sub, int cmd)
{
	struct pcmx *p = snd_pcm_substream_chip(sub);

	switch (cmd) {
	case SNDRV_PCM_TRIGGER_START:
		return pcmx_start(p); /* want: sleep-in-atomic */
	case SNDRV_PCM_TRIGGER_STOP:
		pcmx_stop(p);
		return 0;
	}
	return -EINVAL;
}

static int pcmx_prepare(struct snd_pcm_substream *sub)
{
	usleep_range(100, 200);
	return 0;
}

static snd_pcm_uframes_t pcmx_pointer(struct snd_pcm_substream *sub)
{
	struct pcmx *p = snd_pcm_substream_chip(sub);

	return bytes_to_frames(sub->runtime, readl(p->regs + 4));
}

static const struct snd_pcm_ops pcmx_ops = {
	.prepare	= pcmx_prepare,
	.trigger	= pcmx_trigger,
	.pointer	= pcmx_pointer,
};

int pcmx_new(struct snd_card *card, struct pcmx *p)
{
	struct snd_pcm *pcm;
	int ret = snd_pcm_new(card, "pcmx", 0, 1, 0, &pcm);

	if (ret)
		return ret;
	pcm->private_data = p;
	snd_pcm_set_ops(pcm, SNDRV_PCM_STREAM_PLAYBACK, &pcmx_ops);
	return 0;
}
EXPORT_SYMBOL_GPL(pcmx_new);
MODULE_LICENSE("GPL");
