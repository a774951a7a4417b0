// SPDX-License-Identifier: GPL-2.0
/*
 * The serial core calls start_tx() and set_mctrl() with port->lock held and
 * interrupts off; this driver's start_tx() takes it once more.
 */
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/serial_core.h>
#include <linux/serial.h>
#include <linux/io.h>

static void sx_set_mctrl(struct uart_port *port, unsigned int mctrl)
{
	writel(mctrl, port->membase + 8);
}

static void sx_start_tx(struct uart_port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags); /* want: recursive-lock */
	writel(readl(port->membase + 4) | 1, port->membase + 4);
	spin_unlock_irqrestore(&port->lock, flags);
}

static void sx_stop_tx(struct uart_port *port)
{
	writel(readl(port->membase + 4) & ~1, port->membase + 4);
}

static void sx_set_termios(struct uart_port *port, struct ktermios *new,
			   const struct ktermios *old)
{
	unsigned long flags;
	unsigned int baud = uart_get_baud_rate(port, new, old, 300, 115200);

	spin_lock_irqsave(&port->lock, flags);
	uart_update_timeout(port, new->c_cflag, baud);
	writel(port->uartclk / baud, port->membase + 12);
	spin_unlock_irqrestore(&port->lock, flags);
}

static const struct uart_ops sx_ops = {
	.set_mctrl	= sx_set_mctrl,
	.start_tx	= sx_start_tx,
	.stop_tx	= sx_stop_tx,
	.set_termios	= sx_set_termios,
};

static struct uart_driver sx_uart = {
	.owner		= THIS_MODULE,
	.driver_name	= "sx",
	.dev_name	= "ttySX",
	.nr		= 1,
};

static int sx_probe(struct platform_device *pdev)
{
	struct uart_port *port = devm_kzalloc(&pdev->dev, sizeof(*port), GFP_KERNEL);

	if (!port)
		return -ENOMEM;
	port->dev = &pdev->dev;
	port->ops = &sx_ops;
	port->membase = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(port->membase))
		return PTR_ERR(port->membase);
	platform_set_drvdata(pdev, port);
	return uart_add_one_port(&sx_uart, port);
}

static struct platform_driver sx_driver = {
	.probe	= sx_probe,
	.driver	= { .name = "sx-uart" },
};
module_platform_driver(sx_driver);
MODULE_LICENSE("GPL");
