// SPDX-License-Identifier: GPL-2.0
/*
 * An URB resubmits itself from its completion with GFP_KERNEL.
 */
#include <linux/module.h>
#include <linux/usb.h>
#include <linux/slab.h>

struct barcode {
	struct usb_device *udev;
	struct urb *urb;
	u8 *buf;
	u32 scans;
};

static int barcode_submit(struct barcode *b, gfp_t gfp)
{
	return usb_submit_urb(b->urb, gfp); /* want: sleep-in-atomic */
}

static void barcode_complete(struct urb *urb)
{
	struct barcode *b = urb->context;

	switch (urb->status) {
	case 0:
		b->scans++;
		break;
	case -ECONNRESET:
	case -ENOENT:
	case -ESHUTDOWN:
		return;
	}
	if (barcode_submit(b, GFP_KERNEL)) /* want: sleep-in-atomic */
		dev_err(&urb->dev->dev, "cannot resubmit\n");
}

static int barcode_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct barcode *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	b->udev = interface_to_usbdev(intf);
	b->urb = usb_alloc_urb(0, GFP_KERNEL);
	b->buf = kmalloc(64, GFP_KERNEL);
	if (!b->urb || !b->buf) {
		usb_free_urb(b->urb);
		kfree(b->buf);
		kfree(b);
		return -ENOMEM;
	}
	usb_fill_int_urb(b->urb, b->udev, usb_rcvintpipe(b->udev, 1), b->buf, 64,
			 barcode_complete, b, 8);
	usb_set_intfdata(intf, b);
	return barcode_submit(b, GFP_KERNEL);
}

static void barcode_disconnect(struct usb_interface *intf)
{
	struct barcode *b = usb_get_intfdata(intf);

	usb_kill_urb(b->urb);
	usb_free_urb(b->urb);
	kfree(b->buf);
	kfree(b);
}

static const struct usb_device_id barcode_ids[] = {
	{ USB_DEVICE(0x05f9, 0x2206) },
	{ }
};

static struct usb_driver barcode_driver = {
	.name		= "barcode",
	.probe		= barcode_probe,
	.disconnect	= barcode_disconnect,
	.id_table	= barcode_ids,
};
module_usb_driver(barcode_driver);
MODULE_LICENSE("GPL");
