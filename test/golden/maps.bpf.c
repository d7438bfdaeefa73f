// Every kind of map that has a class, one that has none, sections of global data with odd names, and programs.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

typedef __u32 u32;
typedef __u64 u64;

enum verdict { PASS, DROP = 7, LATER = -1 };

struct flow {
    u32 saddr;
    u32 daddr;
    __u16 ports[2];
    enum verdict verdict;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, struct flow);
    __type(value, u64);
} flows SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 16);
    __type(key, char[16]);
    __type(value, struct {
        u64 seen;
        enum { COLD } cold;
        enum { HOT = 3 } hot : 8;
    });
} names SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 1);
    __uint(key_size, 6);
    __uint(value_size, 24);
} sized SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
    __uint(max_entries, 64);
    __type(key, void *);
    __type(value, _Bool);
} pointers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 8);
    __type(key, u32);
    __type(value, u64[4]);
} buckets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, u32);
    __type(value, enum verdict);
} verdicts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 128);
    __uint(key_size, 4);
    __uint(value_size, 127 * 8);
} stacks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
    __type(value, struct flow);
} ring SEC(".maps");

const volatile u32 threshold = 5;
const volatile char label[8] = "flows";
const volatile u64 limits[2][3] SEC(".rodata.limits") = {{1, 2, 3}, {4, 5, 6}};
struct flow last_flow;
u64 hits;
static u64 hidden_hits;
__hidden u64 also_hidden;
__u8 mac[6] = {2, 0, 0, 0, 0, 1};
enum verdict by_default SEC(".data.custom") = DROP;

SEC("xdp")
int count(struct xdp_md *ctx)
{
    struct flow key = {.saddr = ctx->ingress_ifindex, .verdict = by_default};
    u64 one = 1;

    if (hits++ > threshold + limits[0][0] + label[0])
        hidden_hits++;
    also_hidden += hidden_hits + mac[5];
    last_flow = key;
    bpf_map_update_elem(&flows, &key, &one, BPF_ANY);
    return XDP_PASS;
}

SEC("?tracepoint/syscalls/sys_enter_openat")
int optional(void *ctx)
{
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
