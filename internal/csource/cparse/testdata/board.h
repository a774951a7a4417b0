/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _BOARD_H
#define _BOARD_H

#include <linux/spinlock.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BOARD_MAX		16
#define BOARD_REG(n)		(0x100 + (n) * 4)
#define BOARD_ALL		(BOARD_A | BOARD_B)
#define BOARD_FLAG_SHIFT	3	/* of the
					 * status register */
#define board_for_each_port(b, p) \
	for ((p) = (b)->ports; (p) < (b)->ports + BOARD_MAX; (p)++)

#define board_assert(b)						\
do {								\
	WARN_ON(!(b)->alive);					\
	lockdep_assert_held(&(b)->lock);			\
} while (0)

#define DEFINE_BOARD_ATTR(_name, _mode)				\
static ssize_t _name##_show(struct device *dev,			\
			    struct device_attribute *attr,	\
			    char *buf)				\
{								\
	return board_show(dev, BOARD_##_mode, buf);		\
}								\
static DEVICE_ATTR_RO(_name)

struct board_port {
	struct_group(stats,
		u64 rx;
		u64 tx;
	);
	union {
		struct rcu_head rcu;
		struct llist_node free;
	};
	DECLARE_BITMAP(features, 64);
	u8 mac[6] __aligned(2);
	void (*done)(struct board_port *p, int (*cb)(void *), ...);
} ____cacheline_aligned;

enum { BOARD_A = 1 << 0, BOARD_B = 1 << 1 };

extern struct mutex board_mutex;
extern const struct board_ops * const board_table[];

int board_up(struct board *b) __must_check;
void board_down(struct board *) __releases(&board_mutex);

#ifdef CONFIG_BOARD_DEBUG
void board_dump(const char *fmt, ...) __printf(1, 2);
#else
static inline __printf(1, 2) void board_dump(const char *fmt, ...) { }
#endif

static __always_inline bool board_trylock(struct board *b)
	__cond_acquires(&b->lock)
{
	return IS_ENABLED(CONFIG_SMP) ? spin_trylock(&b->lock) : true;
}

#ifdef __cplusplus
}
#endif
#endif /* _BOARD_H */
