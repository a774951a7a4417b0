// SPDX-License-Identifier: GPL-2.0
/*
 * Ring multiplexer: receives into a ring, moves it by DMA, sends it on. Each
 * stage hands over to the next one with its own lock held.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>

#define MUX_PERIOD	(HZ / 5)

static bool autostart = true;
module_param(autostart, bool, 0444);
MODULE_PARM_DESC(autostart, "start the workers at load");

static bool serial;
module_param(serial, bool, 0444);
MODULE_PARM_DESC(serial, "one worker does all jobs, one after the other");

static unsigned int settle_ms = 100;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long the hardware takes to settle, in milliseconds");

static DEFINE_MUTEX(rx_lock);
static DEFINE_MUTEX(dma_lock);
static DEFINE_MUTEX(tx_lock);
static struct task_struct *receiver;
static struct task_struct *mover;
static struct task_struct *sender;
static unsigned int received, moved, sent;

static void mux_receive(void)
{
	mutex_lock(&rx_lock);
	received++;
	msleep(settle_ms);
	mutex_lock(&dma_lock);
	moved++;
	mutex_unlock(&dma_lock);
	mutex_unlock(&rx_lock);
}

static void mux_move(void)
{
	mutex_lock(&dma_lock);
	moved++;
	msleep(settle_ms);
	mutex_lock(&tx_lock);
	sent++;
	mutex_unlock(&tx_lock);
	mutex_unlock(&dma_lock);
}

/* What could not be sent goes back into the ring. */
static void mux_send(void)
{
	mutex_lock(&tx_lock);
	sent--;
	msleep(settle_ms);
	mutex_lock(&rx_lock);
	received++;
	mutex_unlock(&rx_lock);
	mutex_unlock(&tx_lock);
}

/* Waits for the next tick of the board's clock; false when the module goes. */
static bool mux_next(void)
{
	schedule_timeout_interruptible(MUX_PERIOD - jiffies % MUX_PERIOD);
	return !kthread_should_stop();
}

static int mux_receive_thread(void *unused)
{
	while (mux_next()) {
		mux_receive();
		if (serial) {
			mux_move();
			mux_send();
		}
	}
	return 0;
}

static int mux_move_thread(void *unused)
{
	while (mux_next())
		mux_move();
	return 0;
}

static int mux_send_thread(void *unused)
{
	while (mux_next())
		mux_send();
	return 0;
}

static void ringmux_stop(void)
{
	if (!IS_ERR_OR_NULL(sender))
		kthread_stop(sender);
	if (!IS_ERR_OR_NULL(mover))
		kthread_stop(mover);
	if (!IS_ERR_OR_NULL(receiver))
		kthread_stop(receiver);
}

static int __init ringmux_init(void)
{
	if (!autostart)
		return 0;

	receiver = kthread_run(mux_receive_thread, NULL, "mux-receive");
	if (IS_ERR(receiver))
		goto fail;
	if (serial)
		return 0;

	mover = kthread_run(mux_move_thread, NULL, "mux-move");
	if (IS_ERR(mover))
		goto fail;

	sender = kthread_run(mux_send_thread, NULL, "mux-send");
	if (IS_ERR(sender))
		goto fail;
	return 0;

fail:
	pr_err("cannot start a worker\n");
	ringmux_stop();
	pr_info("%u received, %u moved, %u sent\n", received, moved, sent);
	return -ENOMEM;
}

static void __exit ringmux_exit(void)
{
	ringmux_stop();
	pr_info("%u received, %u moved, %u sent\n", received, moved, sent);
}

module_init(ringmux_init);
module_exit(ringmux_exit);

MODULE_DESCRIPTION("Ring multiplexer");
MODULE_LICENSE("GPL");
