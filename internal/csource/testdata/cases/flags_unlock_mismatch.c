// SPDX-License-Identifier: GPL-2.0
/*
 * Locked with _irqsave, released on one path without restoring.
 */
#include <linux/module.h>
#include <linux/spinlock.h>
#include <linux/usb.h>
#include <linux/slab.h>

struct ulink {
	spinlock_t lock;
	struct urb *urb;
	bool running;
	u32 starts;
};

static int ulink_start(struct ulink *u)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&u->lock, flags);
	if (u->running) {
		spin_unlock(&u->lock);
		return -EALREADY; /* want: irq-flags-misuse|missing-unlock */
	}
	ret = usb_submit_urb(u->urb, GFP_ATOMIC);
	if (!ret) {
		u->running = true;
		u->starts++;
	}
	spin_unlock_irqrestore(&u->lock, flags);
	return ret;
}

static void ulink_done(struct urb *urb)
{
	struct ulink *u = urb->context;
	unsigned long flags;

	spin_lock_irqsave(&u->lock, flags);
	u->running = false;
	spin_unlock_irqrestore(&u->lock, flags);
}

int ulink_open(struct ulink *u, struct usb_device *udev, void *buf, int len)
{
	spin_lock_init(&u->lock);
	u->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!u->urb)
		return -ENOMEM;
	usb_fill_bulk_urb(u->urb, udev, usb_rcvbulkpipe(udev, 1), buf, len, ulink_done, u);
	return ulink_start(u);
}
EXPORT_SYMBOL_GPL(ulink_open);

void ulink_close(struct ulink *u)
{
	usb_kill_urb(u->urb);
	usb_free_urb(u->urb);
}
EXPORT_SYMBOL_GPL(ulink_close);

MODULE_LICENSE("GPL");
