/*
 * Programs for packets at every hook of an interface: each counts what it sees. scripts/compile-examples.sh says how this
 * is compiled.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>

/* Only packets whose payload begins with "neg-" count: others, such as IPv6's own, come whenever they like. */
#define MARK 0x2d67656e

__u64 xdp_hits, other_hits, frags_hits, tc_hits, action_hits, ingress_hits, egress_hits, primary_hits, peer_hits;
/* The order in which tcx programs have run: a digit each. */
__u64 order;

static __always_inline int has_mark(void *data, void *data_end)
{
    __u32 *first = data + 42; /* behind Ethernet, IPv4 and UDP */
    return (void *)(first + 1) <= data_end && *first == MARK;
}

#define COUNT(ctx, hits) \
    if (has_mark((void *)(long)(ctx)->data, (void *)(long)(ctx)->data_end)) (hits) += 1

SEC("xdp") int xdp_pass(struct xdp_md *ctx)
{
    COUNT(ctx, xdp_hits);
    return XDP_PASS;
}

SEC("xdp") int xdp_other(struct xdp_md *ctx)
{
    COUNT(ctx, other_hits);
    return XDP_PASS;
}

SEC("?xdp.frags") int xdp_frags(struct xdp_md *ctx)
{
    COUNT(ctx, frags_hits);
    return XDP_PASS;
}

SEC("xdp/devmap") int xdp_devmap(struct xdp_md *ctx)
{
    return XDP_PASS;
}

SEC("tc") int classify(struct __sk_buff *skb)
{
    COUNT(skb, tc_hits);
    return TC_ACT_UNSPEC;
}

SEC("action") int act(struct __sk_buff *skb)
{
    COUNT(skb, action_hits);
    return TC_ACT_UNSPEC;
}

SEC("tcx/ingress") int on_ingress(struct __sk_buff *skb)
{
    COUNT(skb, ingress_hits), order = order * 10 + 1;
    return TC_ACT_UNSPEC;
}

SEC("tc/ingress") int on_ingress_too(struct __sk_buff *skb)
{
    COUNT(skb, other_hits), order = order * 10 + 2;
    return TC_ACT_UNSPEC;
}

SEC("tcx/egress") int on_egress(struct __sk_buff *skb)
{
    COUNT(skb, egress_hits);
    return TC_ACT_UNSPEC;
}

SEC("netkit/primary") int on_primary(struct __sk_buff *skb)
{
    COUNT(skb, primary_hits);
    return TC_ACT_UNSPEC;
}

SEC("netkit/peer") int on_peer(struct __sk_buff *skb)
{
    COUNT(skb, peer_hits);
    return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "GPL";
