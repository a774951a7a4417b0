// SPDX-License-Identifier: GPL-2.0
/*
 * clk_ops.enable() is called with the clock framework's spinlock held; this
 * one waits for the PLL with a sleep. Its prepare() may.
 */
#include <linux/module.h>
#include <linux/clk-provider.h>
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/io.h>

struct pllx {
	struct clk_hw hw;
	void __iomem *regs;
};

static int pllx_wait_lock(struct pllx *p)
{
	int tries = 100;

	while (!(readl(p->regs + 4) & 1)) {
		if (!--tries)
			return -ETIMEDOUT;
		usleep_range(50, 100); /* want: sleep-in-atomic */
	}
	return 0;
}

static int pllx_enable(struct clk_hw *hw)
{
	struct pllx *p = container_of(hw, struct pllx, hw);

	writel(1, p->regs);
	return pllx_wait_lock(p); /* want: sleep-in-atomic */
}

static void pllx_disable(struct clk_hw *hw)
{
	struct pllx *p = container_of(hw, struct pllx, hw);

	writel(0, p->regs);
}

static int pllx_prepare(struct clk_hw *hw)
{
	msleep(1);
	return 0;
}

static const struct clk_ops pllx_ops = {
	.prepare	= pllx_prepare,
	.enable		= pllx_enable,
	.disable	= pllx_disable,
};

static int pllx_probe(struct platform_device *pdev)
{
	struct clk_init_data init = { .name = "pllx", .ops = &pllx_ops };
	struct pllx *p = devm_kzalloc(&pdev->dev, sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	p->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(p->regs))
		return PTR_ERR(p->regs);
	p->hw.init = &init;
	return devm_clk_hw_register(&pdev->dev, &p->hw);
}

static struct platform_driver pllx_driver = {
	.probe	= pllx_probe,
	.driver	= { .name = "pllx" },
};
module_platform_driver(pllx_driver);
MODULE_LICENSE("GPL");
