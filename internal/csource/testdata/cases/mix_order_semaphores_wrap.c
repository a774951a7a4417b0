// SPDX-License-Identifier: GPL-2.0
/*
 * Semaphores behind wrappers; one side takes them in a helper that keeps the
 * first one for its caller.
 */
#include <linux/module.h>
#include <linux/semaphore.h>
#include <linux/kthread.h>
#include <linux/err.h>
#include <linux/delay.h>

static struct semaphore port_sem;
static struct semaphore dma_sem;
static struct task_struct *rx_task, *tx_task;
static u32 rx_words, tx_words;

static void port_get(void)
{
	down(&port_sem);
}

static void port_put(void)
{
	up(&port_sem);
}

static int dma_get(void)
{
	return down_interruptible(&dma_sem); /* want: lock-order-inversion */
}

static void dma_put(void)
{
	up(&dma_sem);
}

static int rx_thread(void *unused)
{
	while (!kthread_should_stop()) {
		port_get();
		if (!dma_get()) { /* want: lock-order-inversion */
			rx_words++;
			dma_put();
		}
		port_put();
		msleep(5);
	}
	return 0;
}

static int tx_thread(void *unused)
{
	while (!kthread_should_stop()) {
		if (dma_get())
			continue;
		port_get(); /* want: lock-order-inversion */
		tx_words++;
		port_put();
		dma_put();
		msleep(5);
	}
	return 0;
}

static int __init semw_init(void)
{
	sema_init(&port_sem, 1);
	sema_init(&dma_sem, 1);
	rx_task = kthread_run(rx_thread, NULL, "semw-rx");
	if (IS_ERR(rx_task))
		return PTR_ERR(rx_task);
	tx_task = kthread_run(tx_thread, NULL, "semw-tx");
	if (IS_ERR(tx_task)) {
		kthread_stop(rx_task);
		return PTR_ERR(tx_task);
	}
	return 0;
}

static void __exit semw_exit(void)
{
	kthread_stop(tx_task);
	kthread_stop(rx_task);
}

module_init(semw_init);
module_exit(semw_exit);
MODULE_LICENSE("GPL");
