/* Maps that are pinned by their names. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 100);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, __u32);
    __type(value, __u64);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} shared SEC(".maps");

/* The kernel says of it that programs can only read it, which nobody has asked for. */
struct {
    __uint(type, BPF_MAP_TYPE_DEVMAP);
    __uint(max_entries, 4);
    __uint(key_size, 4);
    __uint(value_size, 4);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} devices SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 5000);
    __uint(pinning, LIBBPF_PIN_BY_NAME);
} ring SEC(".maps");

/* Only here. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, __u64);
} own SEC(".maps");

const volatile __u64 step = 1;
__u64 runs;

SEC("socket") int count(struct __sk_buff *skb)
{
    __u32 key = 1;
    __u64 zero = 0, *value;
    bpf_map_update_elem(&shared, &key, &zero, BPF_NOEXIST);
    value = bpf_map_lookup_elem(&shared, &key);
    if (value) *value += step;
    key = 0;
    value = bpf_map_lookup_elem(&own, &key);
    if (value) *value += 1;
    runs += 1;
    return value ? *value : 0;
}

char LICENSE[] SEC("license") = "GPL";
