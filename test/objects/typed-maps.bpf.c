/*
 * Maps of the kinds that Linux 5.10 has, with types, for the classes that read them. scripts/compile-examples.sh says
 * how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct counter { __u64 packets; __u32 errors; };
struct locked { struct bpf_spin_lock lock; __u32 a, b; };
struct v4 { __u32 prefixlen; __be32 address; };
struct v6 { __u32 prefixlen; __u8 address[16]; };
struct tagged { __u32 prefixlen; __u16 tag; __u8 address[4]; };
struct flow { __u32 address; __u16 port; };

#define MAP(NAME, TYPE, ENTRIES, ...) \
    struct { __uint(type, BPF_MAP_TYPE_##TYPE); __uint(max_entries, ENTRIES); __VA_ARGS__ } NAME SEC(".maps")
#define TYPES(KEY, VALUE) __type(key, KEY); __type(value, VALUE);
#define TRIE(KEY) TYPES(KEY, __u32) __uint(map_flags, BPF_F_NO_PREALLOC);

MAP(counts, HASH, 4096, TYPES(__u32, struct counter));
MAP(recent, LRU_HASH, 4096, TYPES(__u32, __u64));
MAP(guarded, HASH, 10, TYPES(__u32, struct locked));
MAP(flows, HASH, 10, TYPES(struct flow, __u64));
MAP(per_cpu, PERCPU_HASH, 4096, TYPES(__u32, struct counter));
MAP(recent_per_cpu, LRU_PERCPU_HASH, 4096, TYPES(__u32, __u32));
MAP(numbers, ARRAY, 5, TYPES(__u32, struct counter));
MAP(numbers_per_cpu, PERCPU_ARRAY, 3, TYPES(__u32, __u32));
MAP(shared, ARRAY, 5, TYPES(__u32, __u32) __uint(map_flags, BPF_F_MMAPABLE););
MAP(jobs, QUEUE, 3, __type(value, struct counter););
MAP(undo, STACK, 3, __type(value, __u32););
MAP(routes, LPM_TRIE, 100, TRIE(struct v4));
MAP(routes6, LPM_TRIE, 100, TRIE(struct v6));
MAP(tags, LPM_TRIE, 100, TRIE(struct tagged));
MAP(stacks, STACK_TRACE, 128, __uint(key_size, 4); __uint(value_size, 127 * 8););

struct inner { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 3); TYPES(__u32, __u64) };
struct inner one SEC(".maps"), two SEC(".maps");
MAP(by_number, ARRAY_OF_MAPS, 4, __type(key, __u32); __array(values, struct inner););
MAP(by_flow, HASH_OF_MAPS, 4, __type(key, struct flow); __array(values, struct inner););

MAP(jumps, PROG_ARRAY, 3, __uint(key_size, 4); __uint(value_size, 4););
MAP(groups, CGROUP_ARRAY, 3, __uint(key_size, 4); __uint(value_size, 4););
MAP(sockets, SOCKMAP, 3, TYPES(__u32, __u64));
MAP(sockets_by_flow, SOCKHASH, 3, TYPES(struct flow, __u64));
MAP(listeners, REUSEPORT_SOCKARRAY, 3, TYPES(__u32, __u64));
MAP(xsks, XSKMAP, 3, __uint(key_size, 4); __uint(value_size, 4););
MAP(ports, DEVMAP, 3, __uint(key_size, 4); __uint(value_size, 8););
MAP(ports_by_key, DEVMAP_HASH, 3, __uint(key_size, 4); __uint(value_size, 4););
MAP(queues, CPUMAP, 3, __uint(key_size, 4); __uint(value_size, 8););

__u32 pid;
__u32 stack_id;

SEC("socket") int answer(struct __sk_buff *skb) { return 42; }

SEC("socket") int jump(struct __sk_buff *skb)
{
    bpf_tail_call(skb, &jumps, 1);
    return 0;
}

SEC("socket") int count(struct __sk_buff *skb)
{
    __u32 index = 2;
    __u32 *shared_number = bpf_map_lookup_elem(&shared, &index), *own = bpf_map_lookup_elem(&numbers_per_cpu, &index);
    if (shared_number) *shared_number += 1;
    if (own) *own += 1;
    return 0;
}

SEC("raw_tp/sys_enter") int remember(struct bpf_raw_tracepoint_args *ctx)
{
    if (bpf_get_current_pid_tgid() >> 32 == pid && !stack_id) stack_id = bpf_get_stackid(ctx, &stacks, 0);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
