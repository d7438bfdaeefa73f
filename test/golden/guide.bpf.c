// What the CO-RE guide shows, fragment by fragment, with the answers in .bss. Its complete example is examples/execsnoop.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

SEC("kprobe/sys_execve")
int kprobe_execve(struct pt_regs *ctx)
{
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();

    // CO-RE field access (SAFE - relocatable)
    pid_t pid = BPF_CORE_READ(task, pid);

    // Read string field
    char comm[16];
    BPF_CORE_READ_STR_INTO(&comm, task, comm);

    bpf_printk("execve: pid=%d comm=%s\n", pid, comm);
    return 0;
}

SEC("kprobe/do_exit")
int kprobe_exit(struct pt_regs *ctx)
{
    struct task_struct *task = (void *)bpf_get_current_task();

    // Older kernels: task->thread_pid->numbers[0].nr
    // Newer kernels: task->pid

    pid_t pid;
    if (bpf_core_field_exists(struct task_struct, thread_pid)) {
        struct pid *thread_pid = BPF_CORE_READ(task, thread_pid);
        pid = BPF_CORE_READ(thread_pid, numbers[0].nr);
    } else {
        pid = BPF_CORE_READ(task, pid);
    }

    bpf_printk("Process exit: %d\n", pid);
    return 0;
}

// "Handle renamed structs"
struct old_name {
    int value;
};
typedef struct old_name new_name;
struct new_name {
    int value;
};

// A field that no kernel has, as a newer kernel might.
struct task_struct___newer {
    int some_field;
} __attribute__((preserve_access_index));

const volatile s32 asked_pid = 0;

u64 runs = 0;
s32 read_pid = 0;
s32 pid_of_thread_pid = 0;
s32 read_tgid = 0;
s32 parent_tgid = 0;
char read_comm[16] = {};
u64 start_code = 0;
u64 start_code_chained = 0;
char exe_name[32] = {};
bool has_thread_pid = false;
bool has_mempolicy = false;
u64 mempolicy = 0;
bool has_io_uring_task = false;
bool has_new_name = false;
bool uses_old_name = false;
bool has_some_field = true;
s32 tcp_ca_open = -1;
s32 tcp_ca_loss = -1;
u32 comm_size = 0;
u32 task_struct_id = 0;

SEC("raw_tp/sys_enter")
int answer(void *ctx)
{
    if (bpf_get_current_pid_tgid() != ((u64)asked_pid << 32 | asked_pid))
        return 0;
    struct task_struct *task = (void *)bpf_get_current_task();

    // BPF_CORE_READ: direct, nested, chained
    read_pid = BPF_CORE_READ(task, pid);
    read_tgid = BPF_CORE_READ(task, tgid);
    struct task_struct *parent = BPF_CORE_READ(task, real_parent);
    parent_tgid = BPF_CORE_READ(parent, tgid);
    struct mm_struct *mm = BPF_CORE_READ(task, mm);
    start_code = BPF_CORE_READ(mm, start_code);
    start_code_chained = BPF_CORE_READ(task, mm, start_code);

    // BPF_CORE_READ_STR_INTO
    BPF_CORE_READ_STR_INTO(&read_comm, task, comm);

    // BPF_CORE_READ_INTO
    struct file *file = BPF_CORE_READ(task, mm, exe_file);
    struct path p;
    BPF_CORE_READ_INTO(&p, file, f_path);
    const unsigned char *name = BPF_CORE_READ(p.dentry, d_name.name);
    bpf_probe_read_kernel_str(exe_name, sizeof(exe_name), name);

    // bpf_core_field_exists
    if (bpf_core_field_exists(struct task_struct, mempolicy)) {
        has_mempolicy = true;
        // This field only exists in some kernel versions
        void *policy = BPF_CORE_READ(task, mempolicy);
        mempolicy = (u64)policy;
    }
    has_some_field = bpf_core_field_exists(struct task_struct___newer, some_field);
    if (bpf_core_field_exists(struct task_struct, thread_pid)) {
        has_thread_pid = true;
        struct pid *thread_pid = BPF_CORE_READ(task, thread_pid);
        pid_of_thread_pid = BPF_CORE_READ(thread_pid, numbers[0].nr);
    }

    // bpf_core_type_exists, and type variants
    if (bpf_core_type_exists(struct io_uring_task))
        has_io_uring_task = true;
    if (bpf_core_type_exists(struct new_name))
        has_new_name = true;
    else
        uses_old_name = true;

    // Enum values
    tcp_ca_open = bpf_core_enum_value(enum tcp_ca_state, TCP_CA_Open);
    tcp_ca_loss = bpf_core_enum_value(enum tcp_ca_state, TCP_CA_Loss);

    // Relocation types: FIELD_BYTE_SIZE, TYPE_ID_TARGET
    comm_size = bpf_core_field_size(struct task_struct, comm);
    task_struct_id = bpf_core_type_id_kernel(struct task_struct);

    runs++;
    return 0;
}
