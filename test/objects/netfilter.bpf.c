/* Decides about UDP packets with this payload, and counts them. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>

struct sk_buff;
struct net_device;

struct nf_hook_state {
    __u8 hook;
    __u8 pf;
    struct net_device *in;
    struct net_device *out;
} __attribute__((preserve_access_index));

struct bpf_nf_ctx {
    const struct nf_hook_state *state;
    struct sk_buff *skb;
} __attribute__((preserve_access_index));

/* Where the program has last run: NF_INET_*, NFPROTO_*. */
__u32 hook, family;
__u32 hits = 0;
__u32 drops = 0;

SEC("netfilter") int filter(struct bpf_nf_ctx *ctx)
{
    hook = ctx->state->hook;
    family = ctx->state->pf;
    __sync_fetch_and_add(&hits, 1);
    return drops & 1 ? NF_DROP : NF_ACCEPT;
}

/* Another one for the same place. */
SEC("?netfilter") int accept(struct bpf_nf_ctx *ctx)
{
    return NF_ACCEPT;
}

char LICENSE[] SEC("license") = "GPL";
