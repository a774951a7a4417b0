// SPDX-License-Identifier: GPL-2.0
/*
 * usb_control_msg() waits for the device, with a spinlock and interrupts off.
 */
#include <linux/module.h>
#include <linux/usb.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/sysfs.h>

struct relay {
	struct usb_device *udev;
	spinlock_t lock;
	u8 state;
};

static int relay_send(struct relay *r, u8 state)
{
	return usb_control_msg(r->udev, usb_sndctrlpipe(r->udev, 0), 9, 0x21, state, 0,
			       NULL, 0, 1000); /* want: sleep-in-atomic */
}

static ssize_t state_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t len)
{
	struct relay *r = usb_get_intfdata(to_usb_interface(dev));
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&r->lock, flags);
	r->state = buf[0] == '1';
	ret = relay_send(r, r->state); /* want: sleep-in-atomic */
	spin_unlock_irqrestore(&r->lock, flags);
	return ret < 0 ? ret : len;
}
static DEVICE_ATTR_WO(state);

static int relay_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct relay *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	spin_lock_init(&r->lock);
	r->udev = interface_to_usbdev(intf);
	usb_set_intfdata(intf, r);
	relay_send(r, 0);
	return device_create_file(&intf->dev, &dev_attr_state);
}

static void relay_disconnect(struct usb_interface *intf)
{
	struct relay *r = usb_get_intfdata(intf);

	device_remove_file(&intf->dev, &dev_attr_state);
	kfree(r);
}

static const struct usb_device_id relay_ids[] = {
	{ USB_DEVICE(0x16c0, 0x05df) },
	{ }
};

static struct usb_driver relay_driver = {
	.name		= "relayx",
	.probe		= relay_probe,
	.disconnect	= relay_disconnect,
	.id_table	= relay_ids,
};
module_usb_driver(relay_driver);
MODULE_LICENSE("GPL");
