// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts are off by local_irq_disable(), then a helper sleeps.
 */
#include <linux/module.h>
#include <linux/irqflags.h>
#include <linux/delay.h>
#include <linux/platform_device.h>
#include <linux/sysfs.h>
#include <linux/io.h>

struct eprom {
	void __iomem *regs;
	u32 cycles;
};

static void eprom_settle(struct eprom *e)
{
	e->cycles++;
	usleep_range(20, 40); /* want: sleep-in-atomic */
}

static void eprom_strobe(struct eprom *e, u32 val)
{
	writel(val, e->regs);
	eprom_settle(e); /* want: sleep-in-atomic */
	writel(0, e->regs);
}

static ssize_t burn_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	struct eprom *e = dev_get_drvdata(dev);
	size_t i;

	local_irq_disable();
	for (i = 0; i < len; i++)
		eprom_strobe(e, buf[i]); /* want: sleep-in-atomic */
	local_irq_enable();
	return len;
}
static DEVICE_ATTR_WO(burn);

static ssize_t cycles_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct eprom *e = dev_get_drvdata(dev);

	eprom_settle(e);
	return sysfs_emit(buf, "%u\n", e->cycles);
}
static DEVICE_ATTR_RO(cycles);

static int eprom_probe(struct platform_device *pdev)
{
	struct eprom *e = devm_kzalloc(&pdev->dev, sizeof(*e), GFP_KERNEL);

	if (!e)
		return -ENOMEM;
	e->regs = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(e->regs))
		return PTR_ERR(e->regs);
	platform_set_drvdata(pdev, e);
	device_create_file(&pdev->dev, &dev_attr_cycles);
	return device_create_file(&pdev->dev, &dev_attr_burn);
}

static struct platform_driver eprom_driver = {
	.probe	= eprom_probe,
	.driver	= { .name = "epromx" },
};
module_platform_driver(eprom_driver);
MODULE_LICENSE("GPL");
