/* SPDX-License-Identifier: GPL-2.0 */
#ifndef WRAP_H
#define WRAP_H

#include <linux/mutex.h>
#include <linux/spinlock.h>

struct wctx {
	struct mutex cfg;
	spinlock_t hw;
	unsigned long hw_flags;
	u32 regs[8];
};

static inline void wctx_lock(struct wctx *w)
{
	mutex_lock(&w->cfg);
}

static inline void wctx_unlock(struct wctx *w)
{
	mutex_unlock(&w->cfg);
}

#define wctx_hw_lock(w)		spin_lock_irqsave(&(w)->hw, (w)->hw_flags)
#define wctx_hw_unlock(w)	spin_unlock_irqrestore(&(w)->hw, (w)->hw_flags)

/* Runs the block with the hardware lock, like a for_each macro. */
#define wctx_with_hw(w, once)					\
	for ((once) = ({ wctx_hw_lock(w); 1; }); (once);	\
	     (once) = ({ wctx_hw_unlock(w); 0; }))

#endif
