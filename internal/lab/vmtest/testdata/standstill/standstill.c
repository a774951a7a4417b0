// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(rx_lock);
static DEFINE_SPINLOCK(tx_lock);
static atomic_t missing = ATOMIC_INIT(2);

static void meet(void)
{
	atomic_dec(&missing);
	while (atomic_read(&missing))
		cpu_relax();
}

static int rx_thread(void *unused)
{
	unsigned long flags;

	msleep(500);
	spin_lock_irqsave(&rx_lock, flags);
	meet();
	spin_lock(&tx_lock);
	spin_unlock(&tx_lock);
	spin_unlock_irqrestore(&rx_lock, flags);
	return 0;
}

static int tx_thread(void *unused)
{
	unsigned long flags;

	msleep(500);
	spin_lock_irqsave(&tx_lock, flags);
	meet();
	spin_lock(&rx_lock);
	spin_unlock(&rx_lock);
	spin_unlock_irqrestore(&tx_lock, flags);
	return 0;
}

static int __init begin(int (*thread)(void *), unsigned int cpu)
{
	struct task_struct *t = kthread_create(thread, NULL, "standstill/%u", cpu);

	if (IS_ERR(t))
		return PTR_ERR(t);
	kthread_bind(t, cpu);
	wake_up_process(t);
	return 0;
}

static int __init standstill_init(void)
{
	return begin(rx_thread, 0) ?: begin(tx_thread, 1);
}
module_init(standstill_init);

MODULE_DESCRIPTION("Two CPUs that wait for each other with interrupts off");
MODULE_LICENSE("GPL");
