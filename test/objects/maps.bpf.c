/*
 * Maps with every attribute, and global data of every kind of section. scripts/compile-examples.sh says how this is
 * compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Newer than the bpf_helpers.h of Debian 12. */
#ifndef __ulong
#define __ulong(name, number) enum { name##_of_the_map = number } name
#endif

struct key {
    __u32 a;
    __u16 b;
};
struct value {
    __u64 n;
    char text[5];
};
typedef const struct value value_t;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __type(key, struct key);
    __type(value, value_t);
    __uint(max_entries, 1234);
    __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE);
    __uint(numa_node, 1);
#ifdef PINNED
    __uint(pinning, LIBBPF_PIN_BY_NAME);
#endif
} typed SEC(".maps");

struct {
    __uint(max_entries, 1);
    __uint(value_size, 24);
    __uint(key_size, 12);
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
} sized SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(key_size, sizeof(struct key));
    __type(key, struct key);
    __type(value, __u64);
    __uint(value_size, 8);
    __uint(max_entries, 2);
} both_ways SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
    __type(value, __u32);
    __uint(max_entries, 100);
    __uint(map_extra, 3);
} bloom SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 100);
    __ulong(map_extra, 0x123456789abcdef0);
} extra SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4097);
} ring SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} perf SEC(".maps");

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 7);
    __type(key, __u32);
    __type(value, struct value);
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __type(key, __u32);
    __uint(max_entries, 5);
    __array(values, struct inner);
} outer SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(key_size, 4);
    __uint(max_entries, 2);
    __array(values, int(void *));
} jumps SEC(".maps");

int data = 0x11223344;
char text[] = "text";
int zero;
__u64 zeros[100];
const volatile __u16 constant = 0x5566;
static int hidden_static = 77;
__hidden int hidden_global = 78;
int custom SEC(".data.custom") = 9;
const int custom_constant SEC(".rodata.more.of.it") = 10;
int custom_zero SEC(".bss.own");

SEC("socket") int uses_all(struct __sk_buff *skb)
{
    static volatile int inner_static = 5;
    struct key key = {};
    __u32 index = 0;
    bpf_map_lookup_elem(&typed, &key);
    bpf_map_lookup_elem(&both_ways, &key);
    bpf_map_lookup_elem(&outer, &index);
    bpf_map_push_elem(&bloom, &index, 0);
    bpf_map_lookup_elem(&extra, &index);
    bpf_printk("a literal %d %d", data + zero + constant + custom_zero, text[skb->len & 3]);
    zeros[skb->len & 63] = *(volatile int *)&hidden_static + *(volatile int *)&hidden_global;
    return *(volatile int *)&custom + *(const volatile int *)&custom_constant + inner_static++;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
