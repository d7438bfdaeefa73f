/* Programs of every kind that the kernel runs on request. scripts/compile-examples.sh says how this is compiled. */
#include <stdbool.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

/* What the last program has seen. */
__u32 mark, priority, ifindex, cb_sum, rx_queue, meta, runs;

static __always_inline int of_skb(struct __sk_buff *skb)
{
    mark = skb->mark;
    runs += 1;
    return skb->len;
}

SEC("xdp") int grow(struct xdp_md *ctx)
{
    runs += 1;
    ifindex = ctx->ingress_ifindex;
    rx_queue = ctx->rx_queue_index;
    meta = ctx->data - ctx->data_meta;
    if (bpf_xdp_adjust_head(ctx, -8)) return XDP_ABORTED;
    __u8 *data = (void *)(long)ctx->data;
    if (data + 14 > (__u8 *)(long)ctx->data_end) return XDP_DROP;
    for (int i = 0; i < 14; i++) data[i] = 0xa0 + i;
    return XDP_TX;
}

SEC("xdp") int pass(struct xdp_md *ctx)
{
    runs += 1;
    return XDP_PASS;
}

SEC("tc") int change(struct __sk_buff *skb)
{
    of_skb(skb);
    priority = skb->priority;
    ifindex = skb->ifindex;
    cb_sum = skb->cb[0] + skb->cb[1] + skb->cb[2] + skb->cb[3] + skb->cb[4];
    skb->mark = 99;
    skb->cb[4] = 1000;
    return TC_ACT_SHOT;
}

SEC("action") int act(struct __sk_buff *skb) { of_skb(skb); return TC_ACT_UNSPEC; }
SEC("tcx/ingress") int tcx(struct __sk_buff *skb) { of_skb(skb); return TC_ACT_REDIRECT; }
SEC("socket") int socket_filter(struct __sk_buff *skb) { return of_skb(skb); }
SEC("cgroup_skb/ingress") int of_cgroup(struct __sk_buff *skb) { return of_skb(skb) > 0; }
SEC("lwt_in") int in(struct __sk_buff *skb) { return of_skb(skb) > 0 ? BPF_OK : BPF_DROP; }
SEC("lwt_out") int out(struct __sk_buff *skb) { return of_skb(skb) > 0 ? BPF_OK : BPF_DROP; }
SEC("lwt_xmit") int xmit(struct __sk_buff *skb) { return of_skb(skb) > 0 ? BPF_OK : BPF_DROP; }

SEC("flow_dissector") int dissect(struct __sk_buff *skb)
{
    struct bpf_flow_keys *keys = skb->flow_keys;
    runs += 1;
    keys->thoff = keys->nhoff + 20;
    keys->ip_proto = 17;
    keys->ipv4_src = bpf_htonl(0x0a010101);
    keys->flow_label = keys->flags;
    return BPF_OK;
}

SEC("?sk_lookup") int look(struct bpf_sk_lookup *ctx)
{
    runs += 1;
    return ctx->family == 2 && ctx->local_port == 4711 && ctx->remote_ip4 == bpf_htonl(0x7f000001) ? SK_PASS : SK_DROP;
}

struct numbers { __u64 a, b, sum; };

SEC("?syscall") int add(struct numbers *ctx)
{
    ctx->sum = ctx->a + ctx->b;
    return -7;
}

/* The kernel's own, not in the headers of Debian 12. */
struct bpf_nf_ctx { const void *state; void *skb; };

SEC("?netfilter") int filter(struct bpf_nf_ctx *ctx)
{
    runs += 1;
    return 1; /* NF_ACCEPT */
}

__u64 argument_sum;
__u32 cpu;

SEC("raw_tp") int arguments(struct bpf_raw_tracepoint_args *ctx)
{
    argument_sum = ctx->args[0] + ctx->args[1];
    cpu = bpf_get_smp_processor_id();
    return 5;
}

SEC("?fentry/bpf_fentry_test1") int traced(__u64 *ctx)
{
    argument_sum = ctx[0];
    runs += 1;
    return 0;
}

SEC("?fmod_ret/bpf_modify_return_test") int modified(__u64 *ctx)
{
    runs += 1;
    return 77;
}

SEC("perf_event") int cant(void *ctx) { return 0; }

char LICENSE[] SEC("license") = "GPL";
