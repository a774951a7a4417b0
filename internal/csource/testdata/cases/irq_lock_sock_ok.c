// SPDX-License-Identifier: GPL-2.0
/*
 * lock_sock() in process context, bh_lock_sock() in softirq: made for each
 * other. The queue's own lock uses _bh.
 */
#include <linux/module.h>
#include <linux/net.h>
#include <linux/skbuff.h>
#include <net/sock.h>

struct dgx_sock {
	struct sock sk;
	u32 peer;
	u32 drops;
};

static inline struct dgx_sock *dgx_sk(struct sock *sk)
{
	return (struct dgx_sock *)sk;
}

static int dgx_backlog_rcv(struct sock *sk, struct sk_buff *skb)
{
	dgx_sk(sk)->drops++;
	kfree_skb(skb);
	return 0;
}

/* Softirq, from the device's receive path. */
int dgx_rcv(struct sock *sk, struct sk_buff *skb)
{
	int ret = 0;

	bh_lock_sock(sk);
	if (sock_owned_by_user(sk)) {
		if (sk_add_backlog(sk, skb, 1 << 16))
			ret = -ENOBUFS;
	} else {
		ret = dgx_backlog_rcv(sk, skb);
	}
	bh_unlock_sock(sk);
	return ret;
}
EXPORT_SYMBOL_GPL(dgx_rcv);

static int dgx_connect(struct socket *sock, struct sockaddr *addr, int len, int flags)
{
	struct sock *sk = sock->sk;
	int ret = 0;

	lock_sock(sk);
	if (dgx_sk(sk)->peer) {
		ret = -EISCONN;
		goto out;
	}
	dgx_sk(sk)->peer = 1;
out:
	release_sock(sk);
	return ret;
}

static int dgx_release(struct socket *sock)
{
	struct sock *sk = sock->sk;

	if (!sk)
		return 0;
	lock_sock(sk);
	dgx_sk(sk)->peer = 0;
	skb_queue_purge(&sk->sk_receive_queue);
	release_sock(sk);
	sock_put(sk);
	return 0;
}

static const struct proto_ops dgx_ops = {
	.family		= AF_PACKET,
	.owner		= THIS_MODULE,
	.connect	= dgx_connect,
	.release	= dgx_release,
};

const struct proto_ops *dgx_proto_ops(void)
{
	return &dgx_ops;
}
EXPORT_SYMBOL_GPL(dgx_proto_ops);
MODULE_LICENSE("GPL");
