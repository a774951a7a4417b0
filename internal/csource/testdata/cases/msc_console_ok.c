// SPDX-License-Identifier: GPL-2.0
/*
 * A console's write(): in an oops it only tries the lock, and releases it
 * only if it got it.
 */
#include <linux/module.h>
#include <linux/console.h>
#include <linux/spinlock.h>
#include <linux/kernel.h>
#include <linux/io.h>

static DEFINE_SPINLOCK(conx_lock);
static void __iomem *conx_base;

static void conx_putc(char c)
{
	writeb(c, conx_base);
}

static void conx_write(struct console *con, const char *s, unsigned int n)
{
	unsigned long flags;
	int locked = 1;

	local_irq_save(flags);
	if (oops_in_progress)
		locked = spin_trylock(&conx_lock);
	else
		spin_lock(&conx_lock);

	while (n--)
		conx_putc(*s++);

	if (locked)
		spin_unlock(&conx_lock);
	local_irq_restore(flags);
}

static struct console conx_console = {
	.name	= "conx",
	.write	= conx_write,
	.flags	= CON_PRINTBUFFER,
	.index	= -1,
};

static void conx_mode(u32 mode)
{
	unsigned long flags;

	spin_lock_irqsave(&conx_lock, flags);
	writel(mode, conx_base + 4);
	spin_unlock_irqrestore(&conx_lock, flags);
}

static int __init conx_init(void)
{
	conx_base = ioremap(0xfe000000, 16);
	if (!conx_base)
		return -ENOMEM;
	conx_mode(1);
	register_console(&conx_console);
	return 0;
}

static void __exit conx_exit(void)
{
	unregister_console(&conx_console);
	iounmap(conx_base);
}

module_init(conx_init);
module_exit(conx_exit);
MODULE_LICENSE("GPL");
