// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/delay.h>
#include <linux/kthread.h>

static noinline int frozen_thread(void *unused)
{
	msleep(500);
	local_irq_disable();
	for (;;)
		cpu_relax();
	return 0;
}

static int __init frozen_init(void)
{
	unsigned int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *t = kthread_create(frozen_thread, NULL, "frozen/%u", cpu);

		if (IS_ERR(t))
			return PTR_ERR(t);
		kthread_bind(t, cpu);
		wake_up_process(t);
	}
	return 0;
}
module_init(frozen_init);

MODULE_DESCRIPTION("Makes every CPU spin with interrupts off");
MODULE_LICENSE("GPL");
