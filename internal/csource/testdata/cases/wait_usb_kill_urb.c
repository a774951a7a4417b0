// SPDX-License-Identifier: GPL-2.0
/*
 * usb_kill_urb() waits for the completion handler, which spins on the lock.
 */
#include <linux/module.h>
#include <linux/usb.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

struct meterx {
	struct usb_device *udev;
	struct urb *urb;
	spinlock_t lock;
	u8 data[16];
	bool stopped;
};

static void meterx_complete(struct urb *urb)
{
	struct meterx *m = urb->context;
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags); /* want: wait-under-lock|sleep-in-atomic */
	if (!m->stopped)
		usb_submit_urb(urb, GFP_ATOMIC);
	spin_unlock_irqrestore(&m->lock, flags);
}

static void meterx_stop(struct meterx *m)
{
	unsigned long flags;

	spin_lock_irqsave(&m->lock, flags);
	m->stopped = true;
	usb_kill_urb(m->urb); /* want: wait-under-lock|sleep-in-atomic */
	spin_unlock_irqrestore(&m->lock, flags);
}

static int meterx_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct meterx *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	spin_lock_init(&m->lock);
	m->udev = interface_to_usbdev(intf);
	m->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!m->urb) {
		kfree(m);
		return -ENOMEM;
	}
	usb_fill_int_urb(m->urb, m->udev, usb_rcvintpipe(m->udev, 2), m->data,
			 sizeof(m->data), meterx_complete, m, 4);
	usb_set_intfdata(intf, m);
	return usb_submit_urb(m->urb, GFP_KERNEL);
}

static void meterx_disconnect(struct usb_interface *intf)
{
	struct meterx *m = usb_get_intfdata(intf);

	meterx_stop(m);
	usb_free_urb(m->urb);
	kfree(m);
}

static const struct usb_device_id meterx_ids[] = {
	{ USB_DEVICE(0x1a86, 0xe008) },
	{ }
};

static struct usb_driver meterx_driver = {
	.name		= "meterx",
	.probe		= meterx_probe,
	.disconnect	= meterx_disconnect,
	.id_table	= meterx_ids,
};
module_usb_driver(meterx_driver);
MODULE_LICENSE("GPL");
