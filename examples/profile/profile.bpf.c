// Samples what the CPUs are doing: the stacks of kernel and process, counted.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#define DEPTH 127

struct on_cpu {
    u32 pid;
    /* Numbers of stacks; below zero there was none. */
    int kernel_stack;
    int user_stack;
    char comm[16];
};

/* 0: all processes. */
const volatile u32 only_pid = 0;

struct {
    __uint(type, BPF_MAP_TYPE_STACK_TRACE);
    __uint(max_entries, 16384);
    __uint(key_size, sizeof(u32));
    __uint(value_size, DEPTH * sizeof(u64));
} stacks SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16384);
    __type(key, struct on_cpu);
    __type(value, u64);
} counts SEC(".maps");

SEC("perf_event")
int take_sample(struct bpf_perf_event_data *ctx)
{
    struct on_cpu where = {.pid = bpf_get_current_pid_tgid() >> 32};
    u64 one = 1, *count;

    // Process 0 is a CPU with nothing to do.
    if (where.pid == 0 || (only_pid != 0 && only_pid != where.pid))
        return 0;
    bpf_get_current_comm(&where.comm, sizeof(where.comm));
    where.kernel_stack = bpf_get_stackid(ctx, &stacks, 0);
    where.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
    count = bpf_map_lookup_elem(&counts, &where);
    if (count)
        __sync_fetch_and_add(count, 1);
    else
        bpf_map_update_elem(&counts, &where, &one, BPF_NOEXIST);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
