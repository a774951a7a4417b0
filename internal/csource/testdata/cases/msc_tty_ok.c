// SPDX-License-Identifier: GPL-2.0
/*
 * A serial driver's receive path: the port's lock is dropped around the push
 * to the line discipline, and is the serial core's in start_tx() and
 * stop_tx(), which therefore do not take it.
 */
#include <linux/module.h>
#include <linux/serial_core.h>
#include <linux/tty_flip.h>
#include <linux/interrupt.h>
#include <linux/io.h>

static void qx_start_tx(struct uart_port *port)
{
	lockdep_assert_held(&port->lock);
	writel(1, port->membase + 4);
}

static void qx_stop_tx(struct uart_port *port)
{
	writel(0, port->membase + 4);
}

static void qx_rx(struct uart_port *port)
{
	int max = 64;

	while ((readl(port->membase) & 1) && max--)
		uart_insert_char(port, 0, 0, readl(port->membase + 8), TTY_NORMAL);
	spin_unlock(&port->lock);
	tty_flip_buffer_push(&port->state->port);
	spin_lock(&port->lock);
}

static irqreturn_t qx_irq(int irq, void *data)
{
	struct uart_port *port = data;
	unsigned long flags;
	u32 st;

	spin_lock_irqsave(&port->lock, flags);
	st = readl(port->membase);
	if (st & 1)
		qx_rx(port);
	if (st & 2)
		qx_stop_tx(port);
	spin_unlock_irqrestore(&port->lock, flags);
	return IRQ_HANDLED;
}

static int qx_startup(struct uart_port *port)
{
	int ret = request_irq(port->irq, qx_irq, 0, "qx", port);

	if (ret)
		return ret;
	spin_lock_irq(&port->lock);
	writel(3, port->membase + 12);
	spin_unlock_irq(&port->lock);
	return 0;
}

static void qx_shutdown(struct uart_port *port)
{
	unsigned long flags;

	spin_lock_irqsave(&port->lock, flags);
	writel(0, port->membase + 12);
	spin_unlock_irqrestore(&port->lock, flags);
	free_irq(port->irq, port);
}

const struct uart_ops qx_uart_ops = {
	.start_tx	= qx_start_tx,
	.stop_tx	= qx_stop_tx,
	.startup	= qx_startup,
	.shutdown	= qx_shutdown,
};
EXPORT_SYMBOL_GPL(qx_uart_ops);
MODULE_LICENSE("GPL");
