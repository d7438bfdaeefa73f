// Counts the files that each process opens, and reports the processes that open many.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* One report: this process has just opened its `report_every`-th file, or a multiple of it. */
struct report {
    u32 pid;
    u32 uid;
    u64 opens;
    u64 when_ns;
    char comm[16];
    char filename[128];
};

/* Set by the app between open and load. */
const volatile u64 report_every = 100;
const volatile u32 only_uid = -1;

/* Read by the app at any time. */
u64 total_opens = 0;
u64 dropped_reports = 0;

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, u32);
    __type(value, u64);
} opens_by_pid SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} reports SEC(".maps");

static __always_inline u64 count_open(u32 pid)
{
    u64 one = 1;
    u64 *opens = bpf_map_lookup_elem(&opens_by_pid, &pid);

    if (opens) {
        // Read back instead of using what the addition returns: kernels before 5.12 have no such instruction.
        __sync_fetch_and_add(opens, 1);
        return *opens;
    }
    bpf_map_update_elem(&opens_by_pid, &pid, &one, BPF_ANY);
    return 1;
}

static __noinline int send_report(u32 pid, u32 uid, u64 opens, const char *filename)
{
    struct report *report = bpf_ringbuf_reserve(&reports, sizeof(*report), 0);

    if (!report) {
        __sync_fetch_and_add(&dropped_reports, 1);
        return 0;
    }
    report->pid = pid;
    report->uid = uid;
    report->opens = opens;
    report->when_ns = bpf_ktime_get_ns();
    bpf_get_current_comm(&report->comm, sizeof(report->comm));
    bpf_probe_read_user_str(report->filename, sizeof(report->filename), filename);
    bpf_ringbuf_submit(report, 0);
    return 1;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int handle_openat(struct trace_event_raw_sys_enter *ctx)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();
    u32 pid = BPF_CORE_READ(task, tgid);
    u32 uid = BPF_CORE_READ(task, cred, uid.val);
    u64 opens;

    if (only_uid != (u32)-1 && only_uid != uid)
        return 0;

    __sync_fetch_and_add(&total_opens, 1);
    opens = count_open(pid);
    if (report_every && opens % report_every == 0)
        send_report(pid, uid, opens, (const char *)ctx->args[1]);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
