/*
 * Maps and sections whose attributes are changed before they are loaded. scripts/compile-examples.sh says how this is
 * compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10);
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 10);
    __uint(value_size, 8);
} jobs SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 10);
    __type(key, __u32);
    __type(value, __u64);
} optional SEC(".maps");

const volatile __u8 use_optional = 1;
const volatile __u32 length = 1;
__u64 total;
__u32 before SEC(".data.numbers") = 7;
__u64 numbers[1] SEC(".data.numbers") = { 5 };

SEC("socket") int guarded(struct __sk_buff *skb)
{
    __u32 key = 3;
    __u64 *value = 0;
    if (use_optional) value = bpf_map_lookup_elem(&optional, &key);
    return value ? *value + 1 : 100;
}

/* The array is as long as its section was made. */
SEC("?socket") int sum(struct __sk_buff *skb)
{
    __u64 *values = numbers;
    asm volatile("" : "+r"(values));
    for (__u32 i = 0; i < length; i++) {
        total += values[i];
        values[i] = i;
    }
    return before;
}

/* Without the map there is nothing to be called. */
SEC("?socket") int needs(struct __sk_buff *skb)
{
    __u32 key = 3;
    return bpf_map_lookup_elem(&optional, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
