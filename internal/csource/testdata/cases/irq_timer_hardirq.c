// SPDX-License-Identifier: GPL-2.0
/*
 * A timer (softirq) takes the handler's lock without turning interrupts off.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/interrupt.h>
#include <linux/timer.h>
#include <linux/spinlock.h>
#include <linux/io.h>

struct smc {
	void __iomem *regs;
	spinlock_t lock;
	struct timer_list poll;
	u32 state;
};

static irqreturn_t smc_irq(int irq, void *data)
{
	struct smc *s = data;

	spin_lock(&s->lock); /* want: irq-unsafe-lock */
	s->state = readl(s->regs);
	spin_unlock(&s->lock);
	return IRQ_HANDLED;
}

static void smc_poll(struct timer_list *t)
{
	struct smc *s = from_timer(s, t, poll);

	spin_lock(&s->lock); /* want: irq-unsafe-lock */
	if (s->state & 0x80)
		writel(0, s->regs + 4);
	spin_unlock(&s->lock);
	mod_timer(&s->poll, jiffies + HZ);
}

static int smc_probe(struct platform_device *pdev)
{
	struct smc *s = devm_kzalloc(&pdev->dev, sizeof(*s), GFP_KERNEL);
	int irq = platform_get_irq(pdev, 0);
	int ret;

	if (!s)
		return -ENOMEM;
	if (irq < 0)
		return irq;
	s->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(s->regs))
		return PTR_ERR(s->regs);
	spin_lock_init(&s->lock);
	timer_setup(&s->poll, smc_poll, 0);
	platform_set_drvdata(pdev, s);
	ret = devm_request_irq(&pdev->dev, irq, smc_irq, 0, "smcx", s);
	if (ret)
		return ret;
	mod_timer(&s->poll, jiffies + HZ);
	return 0;
}

static int smc_remove(struct platform_device *pdev)
{
	struct smc *s = platform_get_drvdata(pdev);

	del_timer_sync(&s->poll);
	return 0;
}

static struct platform_driver smc_driver = {
	.probe	= smc_probe,
	.remove	= smc_remove,
	.driver	= { .name = "smcx" },
};
module_platform_driver(smc_driver);
MODULE_LICENSE("GPL");
