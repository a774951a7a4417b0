// SPDX-License-Identifier: GPL-2.0
/*
 * A global list lock against the lock of a member, container_of between.
 */
#include <linux/module.h>
#include <linux/usb.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/kref.h>

struct probe_dev {
	struct list_head node;
	struct mutex io_mutex;
	struct kref ref;
	struct usb_device *udev;
	bool gone;
};

static DEFINE_MUTEX(probes_mutex);
static LIST_HEAD(probes);

static void probe_release(struct kref *ref)
{
	struct probe_dev *p = container_of(ref, struct probe_dev, ref);

	usb_put_dev(p->udev);
	kfree(p);
}

static int probe_count_idle(void)
{
	struct probe_dev *p;
	int n = 0;

	mutex_lock(&probes_mutex);
	list_for_each_entry(p, &probes, node) {
		mutex_lock(&p->io_mutex); /* want: lock-order-inversion */
		if (!p->gone)
			n++;
		mutex_unlock(&p->io_mutex);
	}
	mutex_unlock(&probes_mutex);
	return n;
}

static int udbg_probe(struct usb_interface *intf, const struct usb_device_id *id)
{
	struct probe_dev *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	kref_init(&p->ref);
	mutex_init(&p->io_mutex);
	p->udev = usb_get_dev(interface_to_usbdev(intf));
	usb_set_intfdata(intf, p);
	mutex_lock(&probes_mutex);
	list_add(&p->node, &probes);
	mutex_unlock(&probes_mutex);
	dev_info(&intf->dev, "%d idle\n", probe_count_idle());
	return 0;
}

static void udbg_disconnect(struct usb_interface *intf)
{
	struct probe_dev *p = usb_get_intfdata(intf);

	mutex_lock(&p->io_mutex);
	p->gone = true;
	mutex_lock(&probes_mutex); /* want: lock-order-inversion */
	list_del(&p->node);
	mutex_unlock(&probes_mutex);
	mutex_unlock(&p->io_mutex);
	kref_put(&p->ref, probe_release);
}

static const struct usb_device_id udbg_ids[] = {
	{ USB_DEVICE(0x1234, 0x5678) },
	{ }
};

static struct usb_driver udbg_driver = {
	.name		= "udbg",
	.probe		= udbg_probe,
	.disconnect	= udbg_disconnect,
	.id_table	= udbg_ids,
};
module_usb_driver(udbg_driver);
MODULE_LICENSE("GPL");
