// Drops what the processes of a cgroup send to networks that are not allowed, and reports it.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define DROP 0
#define PASS 1

struct prefix {
    u32 length;
    u8 address[4];
};

struct event {
    u8 destination[4];
    u16 port;
    u8 protocol;
};

/* What may be reached. */
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 1024);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix);
    __type(value, u8);
} allowed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 64 * 1024);
} blocked SEC(".maps");

u64 passed = 0;
u64 dropped = 0;

SEC("cgroup_skb/egress")
int guard(struct __sk_buff *skb)
{
    struct iphdr ip;
    struct prefix destination = {.length = 32};
    struct event *event;
    u16 port = 0;

    // IPv4 alone is guarded here; a packet begins with its IP header.
    if (bpf_skb_load_bytes(skb, 0, &ip, sizeof(ip)) < 0 || ip.version != 4)
        return PASS;
    __builtin_memcpy(destination.address, &ip.daddr, 4);
    if (bpf_map_lookup_elem(&allowed, &destination)) {
        __sync_fetch_and_add(&passed, 1);
        return PASS;
    }
    __sync_fetch_and_add(&dropped, 1);
    event = bpf_ringbuf_reserve(&blocked, sizeof(*event), 0);
    if (!event)
        return DROP;
    __builtin_memcpy(event->destination, &ip.daddr, 4);
    event->protocol = ip.protocol;
    // TCP and UDP have the port at the same place.
    bpf_skb_load_bytes(skb, ip.ihl * 4 + 2, &port, sizeof(port));
    event->port = __builtin_bswap16(port);
    bpf_ringbuf_submit(event, 0);
    return DROP;
}

char LICENSE[] SEC("license") = "GPL";
