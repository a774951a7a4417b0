// SPDX-License-Identifier: GPL-2.0
/*
 * A tasklet allocates with GFP_KERNEL through devm.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <linux/list.h>
#include <linux/io.h>

struct sampler {
	struct device *dev;
	void __iomem *regs;
	struct tasklet_struct tasklet;
	struct list_head samples;
};

struct sample {
	struct list_head node;
	u32 val;
};

static void sampler_store(struct sampler *s, u32 val)
{
	struct sample *x = devm_kzalloc(s->dev, sizeof(*x), GFP_KERNEL); /* want: sleep-in-atomic */

	if (!x)
		return;
	x->val = val;
	list_add(&x->node, &s->samples);
}

static void sampler_tasklet(struct tasklet_struct *t)
{
	struct sampler *s = from_tasklet(s, t, tasklet);

	sampler_store(s, readl(s->regs)); /* want: sleep-in-atomic */
}

static irqreturn_t sampler_irq(int irq, void *data)
{
	struct sampler *s = data;

	writel(1, s->regs + 4);
	tasklet_schedule(&s->tasklet);
	return IRQ_HANDLED;
}

static int sampler_probe(struct platform_device *pdev)
{
	struct sampler *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);

	if (!s)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	s->dev = &pdev->dev;
	s->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(s->regs))
		return PTR_ERR(s->regs);
	INIT_LIST_HEAD(&s->samples);
	tasklet_setup(&s->tasklet, sampler_tasklet);
	return devm_request_irq(&pdev->dev, irq, sampler_irq, 0, "sampler", s);
}

static struct platform_driver sampler_driver = {
	.probe	= sampler_probe,
	.driver	= { .name = "sampler" },
};
module_platform_driver(sampler_driver);
MODULE_LICENSE("GPL");
