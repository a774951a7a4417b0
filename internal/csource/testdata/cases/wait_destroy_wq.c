// SPDX-License-Identifier: GPL-2.0
/*
 * destroy_workqueue() drains the queue, under the mutex that its work takes.
 */
#include <linux/module.h>
#include <linux/workqueue.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/usb.h>

struct bridgex {
	struct mutex lock;
	struct workqueue_struct *wq;
	struct work_struct rx;
	u32 packets;
	bool gone;
};

static void bridgex_rx(struct work_struct *work)
{
	struct bridgex *b = container_of(work, struct bridgex, rx);

	mutex_lock(&b->lock); /* want: wait-under-lock */
	if (!b->gone)
		b->packets++;
	mutex_unlock(&b->lock);
}

static int bridgex_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct bridgex *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	mutex_init(&b->lock);
	INIT_WORK(&b->rx, bridgex_rx);
	b->wq = alloc_ordered_workqueue("bridgex", 0);
	if (!b->wq) {
		kfree(b);
		return -ENOMEM;
	}
	usb_set_intfdata(intf, b);
	queue_work(b->wq, &b->rx);
	return 0;
}

static void bridgex_disconnect(struct usb_interface *intf)
{
	struct bridgex *b = usb_get_intfdata(intf);

	mutex_lock(&b->lock);
	b->gone = true;
	destroy_workqueue(b->wq); /* want: wait-under-lock */
	b->wq = NULL;
	mutex_unlock(&b->lock);
	kfree(b);
}

static const struct usb_device_id bridgex_ids[] = {
	{ USB_DEVICE(0x0525, 0xa4a2) },
	{ }
};

static struct usb_driver bridgex_driver = {
	.name		= "bridgex",
	.probe		= bridgex_probe,
	.disconnect	= bridgex_disconnect,
	.id_table	= bridgex_ids,
};
module_usb_driver(bridgex_driver);
MODULE_LICENSE("GPL");
