/* SPDX-License-Identifier: GPL-2.0 */
#ifndef REGS_H
#define REGS_H

#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

struct regs {
	void __iomem *base;
	spinlock_t lock;
	struct mutex page_mutex;
	u32 page;
};

static inline void regs_select(struct regs *r, u32 page)
{
	mutex_lock(&r->page_mutex); /* want: sleep-in-atomic */
	if (r->page != page) {
		writel(page, r->base);
		r->page = page;
	}
	mutex_unlock(&r->page_mutex);
}

static inline u32 regs_read(struct regs *r, u32 off)
{
	regs_select(r, off >> 8); /* want: sleep-in-atomic */
	return readl(r->base + (off & 0xff));
}

#endif
