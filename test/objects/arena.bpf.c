/* Memory that programs and apps share by pointers. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Newer than the headers of Debian 12. */
#define BPF_MAP_TYPE_ARENA 33
#define __arena __attribute__((address_space(1)))
#ifndef __ulong
#define __ulong(name, number) enum { name##_of_the_map = number } name
#endif

struct {
    __uint(type, BPF_MAP_TYPE_ARENA);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, 100);
#ifdef FIXED
    __ulong(map_extra, 0x1ull << 44);
#endif
} shared SEC(".maps");

struct point { __u32 x; __u32 y; };

__u64 __arena runs = 5;
struct point __arena where = { 1, 2 };
__u32 __arena list[4] = { 10, 20, 30, 40 };
__u64 plain;

SEC("socket") int move(struct __sk_buff *skb)
{
    /* For kernels to see that the program belongs to the arena. */
    asm volatile("" :: "r"(&shared));
    runs += 1;
    where.x += 100;
    list[3] = where.x;
    plain = runs;
    return list[1];
}

char LICENSE[] SEC("license") = "GPL";
