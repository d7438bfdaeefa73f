// Counts the packets that a network interface receives, by protocol, and lets them pass.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd
#define IPPROTO_ICMPV6 58

enum protocol { OTHER, TCP, UDP, ICMP, PROTOCOLS };

struct traffic {
    u64 packets;
    u64 bytes;
};

/* By protocol; each CPU counts for itself, the app adds up. */
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, PROTOCOLS);
    __type(key, u32);
    __type(value, struct traffic);
} traffic SEC(".maps");

static enum protocol protocol_of(u8 number)
{
    switch (number) {
    case IPPROTO_TCP:
        return TCP;
    case IPPROTO_UDP:
        return UDP;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return ICMP;
    default:
        return OTHER;
    }
}

static enum protocol classify(void *data, void *end)
{
    struct ethhdr *eth = data;
    struct iphdr *ip = (void *)(eth + 1);
    struct ipv6hdr *ip6 = (void *)(eth + 1);

    if ((void *)(eth + 1) > end)
        return OTHER;
    if (eth->h_proto == bpf_htons(ETH_P_IP) && (void *)(ip + 1) <= end)
        return protocol_of(ip->protocol);
    if (eth->h_proto == bpf_htons(ETH_P_IPV6) && (void *)(ip6 + 1) <= end)
        return protocol_of(ip6->nexthdr);
    return OTHER;
}

SEC("xdp")
int count(struct xdp_md *ctx)
{
    void *data = (void *)(long)ctx->data;
    void *end = (void *)(long)ctx->data_end;
    u32 key = classify(data, end);
    struct traffic *seen = bpf_map_lookup_elem(&traffic, &key);

    if (seen) {
        seen->packets++;
        seen->bytes += end - data;
    }
    return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
