/*
 * A map of every kind that Linux 6.18 has, but for struct_ops. scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Newer than the headers of Debian 12. */
#define BPF_MAP_TYPE_CGRP_STORAGE 32
#define BPF_MAP_TYPE_ARENA 33
#ifndef __ulong
#define __ulong(name, number) enum { name##_of_the_map = number } name
#endif

struct key { __u32 a, b; };
struct value { __u64 n, m; };
struct prefix { __u32 length; __u8 address[4]; };

#define MAP(NAME, TYPE, ENTRIES, ...) \
    struct { __uint(type, BPF_MAP_TYPE_##TYPE); __uint(max_entries, ENTRIES); __VA_ARGS__ } NAME SEC(".maps")
#define INDEXED(VALUE) __type(key, __u32); __type(value, VALUE);
#define KEYED __type(key, struct key); __type(value, struct value);
#define SIZES(KEY, VALUE) __uint(key_size, KEY); __uint(value_size, VALUE);
#define STORAGE __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int); __type(value, struct value);

struct inner { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 3); KEYED };

MAP(hash, HASH, 10, KEYED);
MAP(array, ARRAY, 10, INDEXED(struct value));
MAP(prog_array, PROG_ARRAY, 10, SIZES(4, 4));
MAP(perf_event_array, PERF_EVENT_ARRAY, 0, SIZES(4, 4));
MAP(percpu_hash, PERCPU_HASH, 10, KEYED);
MAP(percpu_array, PERCPU_ARRAY, 10, INDEXED(struct value));
MAP(stack_trace, STACK_TRACE, 10, SIZES(4, 8 * 127));
MAP(cgroup_array, CGROUP_ARRAY, 10, SIZES(4, 4));
MAP(lru_hash, LRU_HASH, 10, KEYED);
MAP(lru_percpu_hash, LRU_PERCPU_HASH, 10, KEYED);
MAP(lpm_trie, LPM_TRIE, 10, __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, struct prefix); __type(value, __u64););
MAP(array_of_maps, ARRAY_OF_MAPS, 10, __type(key, __u32); __array(values, struct inner););
MAP(hash_of_maps, HASH_OF_MAPS, 10, __type(key, struct key); __array(values, struct inner););
MAP(devmap, DEVMAP, 10, SIZES(4, 8));
MAP(sockmap, SOCKMAP, 10, SIZES(4, 8));
MAP(cpumap, CPUMAP, 10, SIZES(4, 8));
MAP(xskmap, XSKMAP, 10, SIZES(4, 4));
MAP(sockhash, SOCKHASH, 10, SIZES(12, 8));
MAP(cgroup_storage, CGROUP_STORAGE, 0, __type(key, struct bpf_cgroup_storage_key); __type(value, struct value););
MAP(reuseport_sockarray, REUSEPORT_SOCKARRAY, 10, SIZES(4, 8));
MAP(percpu_cgroup_storage, PERCPU_CGROUP_STORAGE, 0, __type(key, struct bpf_cgroup_storage_key); __type(value, struct value););
MAP(queue, QUEUE, 10, __type(value, struct value););
MAP(stack, STACK, 10, __type(value, struct value););
MAP(sk_storage, SK_STORAGE, 0, STORAGE);
MAP(devmap_hash, DEVMAP_HASH, 10, SIZES(4, 8));
MAP(ringbuf, RINGBUF, 5000);
MAP(inode_storage, INODE_STORAGE, 0, STORAGE);
MAP(task_storage, TASK_STORAGE, 0, STORAGE);
MAP(bloom_filter, BLOOM_FILTER, 10, __type(value, struct value); __uint(map_extra, 3););
MAP(user_ringbuf, USER_RINGBUF, 5000);
MAP(cgrp_storage, CGRP_STORAGE, 0, STORAGE);
MAP(arena, ARENA, 10, __uint(map_flags, BPF_F_MMAPABLE); __ulong(map_extra, 0x2ull << 44););

/* Attributes beside the kind. */
MAP(everything, HASH, 10, KEYED __uint(map_flags, BPF_F_NUMA_NODE | BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG); __uint(numa_node, 0););

char LICENSE[] SEC("license") = "GPL";
