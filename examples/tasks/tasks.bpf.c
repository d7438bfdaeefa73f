// Lists all threads from the kernel's own structures.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

struct task {
    u32 tid;
    u32 pid;
    u32 ppid;
    u32 uid;
    u64 age_ns;
    u64 cpu_ns;
    char comm[16];
};

/* The types of BTF keep what a map or variable names: the record, for `link.records(Task)`. */
struct task unused;

SEC("iter/task")
int list(struct bpf_iter__task *ctx)
{
    struct task_struct *task = ctx->task;
    struct task record = {};

    if (!task)
        return 0;
    record.tid = task->pid;
    record.pid = task->tgid;
    record.ppid = BPF_CORE_READ(task, real_parent, tgid);
    record.uid = BPF_CORE_READ(task, cred, uid.val);
    record.age_ns = bpf_ktime_get_ns() - task->start_time;
    record.cpu_ns = task->utime + task->stime;
    BPF_CORE_READ_STR_INTO(&record.comm, task, comm);
    bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
