// SPDX-License-Identifier: GPL-2.0
/*
 * Five calls between the tasklet and the allocation that sleeps.
 */
#include <linux/module.h>
#include <linux/interrupt.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/usb.h>

struct wifi_ts {
	struct list_head pending;
	u16 seq;
};

struct wifi {
	struct tasklet_struct rx_tasklet;
	struct sk_buff_head rxq;
	struct wifi_ts ts;
	u32 dropped;
};

struct wifi_frame {
	struct list_head node;
	struct sk_buff *skb;
	u16 seq;
};

static struct wifi wifi;

static int wifi_queue_frame(struct wifi_ts *ts, struct sk_buff *skb, u16 seq)
{
	struct wifi_frame *fr = kmalloc(sizeof(*fr), GFP_KERNEL); /* want: sleep-in-atomic */

	if (!fr)
		return -ENOMEM;
	fr->skb = skb;
	fr->seq = seq;
	list_add_tail(&fr->node, &ts->pending);
	return 0;
}

static int wifi_reorder(struct wifi *w, struct sk_buff *skb, u16 seq)
{
	if (seq == w->ts.seq) {
		w->ts.seq++;
		kfree_skb(skb);
		return 0;
	}
	return wifi_queue_frame(&w->ts, skb, seq); /* want: sleep-in-atomic */
}

static int wifi_rx_data(struct wifi *w, struct sk_buff *skb)
{
	return wifi_reorder(w, skb, skb->len & 0xfff); /* want: sleep-in-atomic */
}

static void wifi_rx(struct wifi *w, struct sk_buff *skb)
{
	if (wifi_rx_data(w, skb)) { /* want: sleep-in-atomic */
		w->dropped++;
		kfree_skb(skb);
	}
}

static void wifi_rx_tasklet(struct tasklet_struct *t)
{
	struct wifi *w = from_tasklet(w, t, rx_tasklet);
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&w->rxq)) != NULL)
		wifi_rx(w, skb); /* want: sleep-in-atomic */
}

void wifi_indicate(struct sk_buff *skb)
{
	skb_queue_tail(&wifi.rxq, skb);
	tasklet_schedule(&wifi.rx_tasklet);
}
EXPORT_SYMBOL_GPL(wifi_indicate);

static int __init wifi_init(void)
{
	skb_queue_head_init(&wifi.rxq);
	INIT_LIST_HEAD(&wifi.ts.pending);
	tasklet_setup(&wifi.rx_tasklet, wifi_rx_tasklet);
	return 0;
}

static void __exit wifi_exit(void)
{
	tasklet_kill(&wifi.rx_tasklet);
	skb_queue_purge(&wifi.rxq);
}

module_init(wifi_init);
module_exit(wifi_exit);
MODULE_LICENSE("GPL");
