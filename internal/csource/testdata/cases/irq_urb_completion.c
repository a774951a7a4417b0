// SPDX-License-Identifier: GPL-2.0
/*
 * An URB's completion runs in interrupt context; write() takes its lock with
 * interrupts on.
 */
#include <linux/module.h>
#include <linux/usb.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/fs.h>

struct pedal {
	struct usb_device *udev;
	struct urb *urb;
	spinlock_t lock;
	u8 data[8];
	u32 presses;
	u32 dropped;
};

static void pedal_complete(struct urb *urb)
{
	struct pedal *p = urb->context;

	spin_lock(&p->lock); /* want: irq-unsafe-lock */
	if (urb->status)
		p->dropped++;
	else if (p->data[0])
		p->presses++;
	spin_unlock(&p->lock);
	usb_submit_urb(urb, GFP_ATOMIC);
}

static ssize_t presses_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	struct pedal *p = usb_get_intfdata(to_usb_interface(dev));
	u32 n;

	spin_lock(&p->lock); /* want: irq-unsafe-lock */
	n = p->presses;
	p->presses = 0;
	spin_unlock(&p->lock);
	return sysfs_emit(buf, "%u\n", n);
}
static DEVICE_ATTR_RO(presses);

static int pedal_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct pedal *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	spin_lock_init(&p->lock);
	p->udev = interface_to_usbdev(intf);
	p->urb = usb_alloc_urb(0, GFP_KERNEL);
	if (!p->urb) {
		kfree(p);
		return -ENOMEM;
	}
	usb_set_intfdata(intf, p);
	usb_fill_int_urb(p->urb, p->udev, usb_rcvintpipe(p->udev, 1), p->data,
			 sizeof(p->data), pedal_complete, p, 10);
	device_create_file(&intf->dev, &dev_attr_presses);
	return usb_submit_urb(p->urb, GFP_KERNEL);
}

static void pedal_disconnect(struct usb_interface *intf)
{
	struct pedal *p = usb_get_intfdata(intf);

	device_remove_file(&intf->dev, &dev_attr_presses);
	usb_kill_urb(p->urb);
	usb_free_urb(p->urb);
	kfree(p);
}

static const struct usb_device_id pedal_ids[] = {
	{ USB_DEVICE(0x0c45, 0x7403) },
	{ }
};

static struct usb_driver pedal_driver = {
	.name		= "pedal",
	.probe		= pedal_probe,
	.disconnect	= pedal_disconnect,
	.id_table	= pedal_ids,
};
module_usb_driver(pedal_driver);
MODULE_LICENSE("GPL");
