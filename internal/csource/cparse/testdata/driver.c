// SPDX-License-Identifier: GPL-2.0
/*
 * A driver for a board that does not exist: it has one of everything.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include "board.h"

#define BOARD_NAME	"board"
#define BOARD_LOCK(b)	spin_lock_irqsave(&(b)->lock, (b)->flags)
#define board_fail(b, label)			\
	do {					\
		dev_err((b)->dev, "failed\n");	\
		goto label;			\
	} while (0)

static DEFINE_MUTEX(board_mutex);
static LIST_HEAD(boards);

enum board_state {
	BOARD_OFF,
	BOARD_ON = BIT(3),
};

struct board_ops;

/**
 * struct board - one board
 */
struct board {
	struct device		*dev;
	spinlock_t		lock;	/* protects queue */
	unsigned long		flags;
	struct list_head	queue, node;
	struct {
		struct mutex	lock;
		void __iomem	*base;
	} regs;
	const struct board_ops	*ops;
	enum board_state	state : 8;
	struct work_struct	work;
#ifdef CONFIG_PM
	bool			suspended;
#endif
} __aligned(64);

struct board_ops {
	int (*start)(struct board *b, gfp_t gfp);
	void (*stop)(struct board *b);
};

typedef void (*board_fn)(struct board *b, void *data);

static inline struct board *to_board(struct work_struct *w)
{
	return container_of(w, struct board, work);
}

static void board_each(board_fn fn, void *data)
	__must_hold(&board_mutex)
{
	struct board *b, *tmp;

	lockdep_assert_held(&board_mutex);
	list_for_each_entry_safe(b, tmp, &boards, node)
		fn(b, data);
}

static void board_work(struct work_struct *w)
{
	struct board *b = to_board(w);
	LIST_HEAD(done);

	scoped_guard(mutex, &b->regs.lock) {
		if (readl(b->regs.base + 4) & ~0x3u)
			return;
	}
	BOARD_LOCK(b);
	list_splice_init(&b->queue, &done);
	spin_unlock_irqrestore(&b->lock, b->flags);
}

static irqreturn_t board_irq(int irq, void *data)
{
	struct board *b = data;
	irqreturn_t ret = IRQ_NONE;

	if (!spin_trylock(&b->lock))
		return ret;
	switch (b->state) {
	case BOARD_ON:
		ret = IRQ_HANDLED;
		schedule_work(&b->work);
		fallthrough;
	case BOARD_OFF:
	default:
		break;
	}
	spin_unlock(&b->lock);
	return ret;
}

static int board_start(struct board *b, gfp_t gfp)
{
	int err;

	err = mutex_lock_interruptible(&b->regs.lock);
	if (err)
		return err;
#ifdef CONFIG_PM
	if (b->suspended) {
#else
	if (0) {
#endif
		err = -EBUSY;
		goto out;
	}
	if (IS_ERR_OR_NULL(b->regs.base))
		board_fail(b, out);
	b->ops->start(b, gfp | __GFP_ZERO);
out:
	mutex_unlock(&b->regs.lock);
	return err ?: 0;
}

static const struct board_ops board_ops = {
	.start	= board_start,
	.stop	= NULL,
};

#ifdef CONFIG_PM
static int __maybe_unused board_suspend(struct device *dev)
{
	guard(mutex)(&board_mutex);
	return wait_event_timeout(wq, ({ int x = done(); x; }), HZ / 10);
}
#endif

static int board_probe(struct platform_device *pdev)
{
	struct board *b __free(kfree) = kzalloc(sizeof(*b), GFP_KERNEL);
	struct resource *res;

	if (!b)
		return -ENOMEM;
	spin_lock_init(&b->lock);
	INIT_WORK(&b->work, board_work);
	do {
		res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	} while (!res && --retries > 0);
	for (int i = 0; i < ARRAY_SIZE(b->table); i++)
		b->table[i] = (struct entry){ .index = i, };
	platform_set_drvdata(pdev, no_free_ptr(b));
	return devm_request_irq(&pdev->dev, platform_get_irq(pdev, 0),
				board_irq, IRQF_SHARED, BOARD_NAME, b);
}

static struct platform_driver board_driver = {
	.probe = board_probe,
	.driver = {
		.name = BOARD_NAME,
		.pm = pm_ptr(&board_pm),
	},
};
module_platform_driver(board_driver);

MODULE_LICENSE("GPL");
