/* Records that are sent through perf event arrays on request. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MOST 1000

struct event {
    __u32 number;
    __u32 cpu;
    __u64 time;
    char text[44];
};

/* 13 bytes, of which the kernel makes 20. */
struct odd {
    __u32 number;
    __u8 tag[9];
} __attribute__((packed));

struct chunk {
    __u32 number;
    __u32 length;
    __u8 data[];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, sizeof(__u32));
    __uint(value_size, sizeof(__u32));
} events SEC(".maps"), odd_events SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __type(value, struct chunk);
} chunks SEC(".maps");

/* What became of the records, and what -ENOSPC, -ENOENT and so on said the last time. */
__u64 sent, refused;
__s64 why;

static __always_inline void count(long result)
{
    if (result == 0) {
        __sync_fetch_and_add(&sent, 1);
    } else {
        __sync_fetch_and_add(&refused, 1);
        why = result;
    }
}

/* Arguments: the first number, and how many. */
SEC("raw_tp") int send(struct bpf_raw_tracepoint_args *ctx)
{
    struct event event = { .cpu = bpf_get_smp_processor_id() };
    for (__u32 i = 0; i < MOST && i < ctx->args[1]; i++) {
        event.number = ctx->args[0] + i;
        event.time = bpf_ktime_get_ns();
        for (int at = 0; at < 8; at++) event.text[at] = 'a' + ((event.number >> (4 * at)) & 15);
        count(bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event)));
    }
    return 0;
}

SEC("raw_tp") int send_odd(struct bpf_raw_tracepoint_args *ctx)
{
    struct odd odd = {};
    for (__u32 i = 0; i < MOST && i < ctx->args[1]; i++) {
        odd.number = ctx->args[0] + i;
        for (int at = 0; at < 9; at++) odd.tag[at] = odd.number + at;
        count(bpf_perf_event_output(ctx, &odd_events, BPF_F_CURRENT_CPU, &odd, sizeof(odd)));
    }
    return 0;
}

/* Each is as long as its number says: up to 255 bytes of data. */
SEC("raw_tp") int send_chunks(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 buffer[33] = {};
    struct chunk *chunk = (void *)buffer;
    for (__u32 i = 0; i < MOST && i < ctx->args[1]; i++) {
        chunk->number = ctx->args[0] + i;
        chunk->length = chunk->number & 255;
        chunk->data[0] = chunk->number;
        chunk->data[100] = chunk->number + 100;
        chunk->data[254] = chunk->number + 254;
        __u64 size = sizeof(*chunk) + (chunk->length & 255);
        count(bpf_perf_event_output(ctx, &chunks, BPF_F_CURRENT_CPU, chunk, size));
    }
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
