/* A program for kernels with and without ring buffers, as libbpf-tools' compat.bpf.h has it. */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

struct event {
    __u64 number;
    char comm[16];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
    __type(value, struct event);
} events SEC(".maps");

const volatile bool has_ringbuf = true;

SEC("raw_tp") int send(struct bpf_raw_tracepoint_args *ctx)
{
    struct event event = { .number = ctx->args[0], .comm = "compat" };
    if (has_ringbuf) return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    return bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
}

char LICENSE[] SEC("license") = "GPL";
