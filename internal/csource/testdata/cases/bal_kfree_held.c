// SPDX-License-Identifier: GPL-2.0
/*
 * The object is freed while its own lock is held.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/usb.h>

struct scope_usb {
	struct mutex lock;
	struct usb_device *udev;
	u8 *buf;
	int users;
};

static int su_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct scope_usb *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return -ENOMEM;
	mutex_init(&s->lock);
	s->udev = interface_to_usbdev(intf);
	s->buf = kmalloc(512, GFP_KERNEL);
	if (!s->buf) {
		kfree(s);
		return -ENOMEM;
	}
	usb_set_intfdata(intf, s);
	return 0;
}

static void su_disconnect(struct usb_interface *intf)
{
	struct scope_usb *s = usb_get_intfdata(intf);

	mutex_lock(&s->lock);
	usb_set_intfdata(intf, NULL);
	if (!s->users) {
		kfree(s->buf);
		kfree(s); /* want: missing-unlock */
		return;
	}
	s->udev = NULL;
	mutex_unlock(&s->lock);
}

static const struct usb_device_id su_ids[] = {
	{ USB_DEVICE(0x0547, 0x2235) },
	{ }
};
MODULE_DEVICE_TABLE(usb, su_ids);

static struct usb_driver su_driver = {
	.name		= "scope_usb",
	.probe		= su_probe,
	.disconnect	= su_disconnect,
	.id_table	= su_ids,
};
module_usb_driver(su_driver);
MODULE_LICENSE("GPL");
