// Buffers whose records are found in the code, are several, are cut short, or can't be found.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct started {
    __u32 pid;
    char comm[16];
};

struct stopped {
    __u32 pid;
    int status;
    __u64 lived_ns;
    __u64 slept_ns;
};

struct line {
    __u32 length;
    char text[60];
};

#define BUFFER(kind, name, room)             \
    struct {                                 \
        __uint(type, BPF_MAP_TYPE_##kind);   \
        __uint(max_entries, room);           \
    } name SEC(".maps")

BUFFER(RINGBUF, starts, 4096);
BUFFER(RINGBUF, both, 8192);
BUFFER(RINGBUF, silent, 4096);

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} lines SEC(".maps");

SEC("tracepoint/sched/sched_process_exec")
int on_start(void *ctx)
{
    struct started *first = bpf_ringbuf_reserve(&starts, sizeof(*first), 0);
    struct started *second;

    if (first) {
        first->pid = 1;
        bpf_ringbuf_submit(first, 0);
    }
    second = bpf_ringbuf_reserve(&both, sizeof(*second), 0);
    if (second) {
        second->pid = 2;
        bpf_ringbuf_submit(second, 0);
    }
    return 0;
}

SEC("tracepoint/sched/sched_process_exit")
int on_stop(void *ctx)
{
    struct stopped *stopped = bpf_ringbuf_reserve(&both, sizeof(*stopped), 0);

    if (stopped) {
        stopped->status = 3;
        bpf_ringbuf_submit(stopped, 0);
    }
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_write")
int on_line(void *ctx)
{
    struct line line = {.length = bpf_get_prandom_u32() & 31};

    bpf_perf_event_output(ctx, &lines, BPF_F_CURRENT_CPU, &line, 4 + line.length);
    return 0;
}

SEC("tracepoint/syscalls/sys_exit_write")
int on_silence(void *ctx)
{
    bpf_ringbuf_query(&silent, 0);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
