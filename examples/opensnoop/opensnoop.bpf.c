// Reports each file that is opened, with what the system call returned.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct event {
    u32 pid;
    u32 uid;
    /* A descriptor, or an errno below zero. */
    int result;
    int flags;
    char comm[16];
    char filename[256];
};

/* Set by the app between open and load; 0: all processes. */
const volatile u32 only_pid = 0;
const volatile bool only_failed = false;

/* Events that found no room in the buffer. */
u64 dropped = 0;

struct start {
    const char *filename;
    int flags;
};

/* By thread: what it is opening. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, struct start);
} starts SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 512 * 1024);
} events SEC(".maps");

static int enter(const char *filename, int flags)
{
    u64 id = bpf_get_current_pid_tgid();
    u32 tid = id;
    struct start start = {.filename = filename, .flags = flags};

    if (only_pid != 0 && only_pid != id >> 32)
        return 0;
    bpf_map_update_elem(&starts, &tid, &start, BPF_ANY);
    return 0;
}

/* The file's name is read here: at the start of the call its page may not be in memory yet. */
static int leave(int result)
{
    u64 id = bpf_get_current_pid_tgid();
    u32 tid = id;
    struct start *start = bpf_map_lookup_elem(&starts, &tid);
    struct event *event;

    if (!start)
        return 0;
    if (only_failed && result >= 0)
        goto forget;
    event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
    if (!event) {
        __sync_fetch_and_add(&dropped, 1);
        goto forget;
    }
    event->pid = id >> 32;
    event->uid = bpf_get_current_uid_gid();
    event->result = result;
    event->flags = start->flags;
    bpf_get_current_comm(&event->comm, sizeof(event->comm));
    bpf_probe_read_user_str(&event->filename, sizeof(event->filename), start->filename);
    bpf_ringbuf_submit(event, 0);
forget:
    bpf_map_delete_elem(&starts, &tid);
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
    return enter((const char *)ctx->args[1], (int)ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int exit_openat(struct trace_event_raw_sys_exit *ctx)
{
    return leave((int)ctx->ret);
}

char LICENSE[] SEC("license") = "GPL";
