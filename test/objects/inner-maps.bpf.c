/*
 * Maps of maps and program arrays, with what they hold from the start. scripts/compile-examples.sh says how this is
 * compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int tail(struct __sk_buff *skb);

struct inner {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 2);
    __type(key, __u32);
    __type(value, __u64);
} first SEC(".maps"), second SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, 4);
    __type(key, __u32);
    __array(values, struct inner);
} outer SEC(".maps") = {
    .values = { [1] = &first, [3] = &second },
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 8);
    __type(key, __u32);
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2);
        __type(key, __u32);
        __type(value, __u64);
    });
} by_key SEC(".maps") = {
    .values = { [2] = (void *)&second },
};

/* Ring buffers have no keys, and their size is rounded in here, too. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
    __uint(max_entries, 8);
    __type(key, __u64);
    __array(values, struct {
        __uint(type, BPF_MAP_TYPE_RINGBUF);
        __uint(max_entries, 5000);
    });
} rings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
    __uint(max_entries, 3);
    __uint(key_size, sizeof(__u32));
    __array(values, int(void *));
} jumps SEC(".maps") = {
    .values = { [1] = (void *)&tail },
};

__u64 tails;

SEC("socket") int tail(struct __sk_buff *skb)
{
    __sync_fetch_and_add(&tails, 1);
    return 42;
}

/* Adds 1 to element 1 of the maps at 1 and 3, and goes on in tail. */
SEC("socket") int entry(struct __sk_buff *skb)
{
    __u32 index = 1;
    void *map = bpf_map_lookup_elem(&outer, &index);
    __u64 *value = map ? bpf_map_lookup_elem(map, &index) : 0;
    if (value) *value += 1;
    index = 2;
    map = bpf_map_lookup_elem(&by_key, &index);
    index = 1;
    value = map ? bpf_map_lookup_elem(map, &index) : 0;
    if (value) *value += 10;
    bpf_tail_call(skb, &jumps, 1);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
