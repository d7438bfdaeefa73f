/*
 * An object of two compiler runs: both units have a "struct event" of their own, and one is in a section of its own, so
 * that the unit's code is in several ranges.
 *
 * Compile: each half to LLVM's bitcode, then one into the other (there is no linker here that keeps debug info):
 *   C="clang-19 -g -O2 --target=bpf -fdebug-prefix-map=$PWD=. -I/usr/include/$(uname -m)-linux-gnu"
 *   $C -gdwarf-5 -DSECOND -emit-llvm -c two-units.bpf.c -o /tmp/second.bc
 *   $C -gdwarf-5 -Xclang -mlink-bitcode-file -Xclang /tmp/second.bc -c two-units.bpf.c -o two-units.bpf.o
 * and the same with -gdwarf-4 for two-units.dwarf4.bpf.o.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#ifdef SECOND
#define BUFFER second_events
#define NAME(name) second_##name
struct event {
    __u64 second[9];
};
#else
#define BUFFER first_events
#define NAME(name) first_##name
struct event {
    __u32 first;
    char text[28];
};
#endif

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} BUFFER SEC(".maps");

static __always_inline void fill(struct event *e, __u32 by)
{
    struct event copy = {};

    bpf_get_current_comm(&copy, sizeof(copy));
    if (((char *)&copy)[by & 7] == 'x')
        bpf_ringbuf_output(&BUFFER, &copy, sizeof(copy), 0);
}

SEC("tracepoint/a/one")
int NAME(one)(void *ctx)
{
    fill(0, bpf_get_smp_processor_id());
    fill(0, bpf_get_current_pid_tgid());
    return 0;
}

SEC("tracepoint/a/two")
int NAME(two)(void *ctx)
{
    struct event *e = bpf_ringbuf_reserve(&BUFFER, sizeof(*e), 0);

    if (e)
        bpf_ringbuf_submit(e, 0);
    return 0;
}

#ifndef SECOND
char LICENSE[] SEC("license") = "GPL";
#endif
