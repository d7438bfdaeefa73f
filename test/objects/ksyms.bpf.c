/*
 * __ksym externs of every sort: typed and untyped variables, kfuncs, weak ones that no kernel has.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define exists(symbol) (!!(symbol))

struct rq {
    int cpu;
} __attribute__((preserve_access_index));
struct task_struct {
    int tgid;
} __attribute__((preserve_access_index));

extern const struct rq runqueues __ksym __weak;
extern const void _stext __ksym;
extern const int core_gen_variable __ksym __weak;
extern const void core_gen_symbol __ksym __weak;
extern struct task_struct *bpf_task_from_pid(int) __ksym __weak;
extern void bpf_task_release(struct task_struct *) __ksym __weak;
/* A flavour, which is found by the name without its suffix; and one that is declared otherwise than the kernel has it. */
extern struct task_struct *bpf_task_from_pid___core_gen(int pid) __ksym __weak;
extern int bpf_task_release___otherwise(int, int) __ksym __weak;
extern int core_gen_function(int) __ksym __weak;
extern int LINUX_KERNEL_VERSION __kconfig;

const volatile int pid;

int runs;
int cpu_of_queue;
int tgid;
int tgid_by_flavour;
__u64 address;
__u64 absent_variable = 1;
__u64 absent_symbol = 1;
int absent_function = 1;
int function_is_otherwise = 1;
int kernel_version;

SEC("tp_btf/sys_enter")
int look(void *ctx)
{
    if (bpf_get_current_pid_tgid() >> 32 != pid)
        return 0;
    runs++;
    kernel_version = LINUX_KERNEL_VERSION;
    address = (__u64)&_stext;
    absent_variable = (__u64)&core_gen_variable;
    absent_symbol = (__u64)&core_gen_symbol;
    absent_function = exists(core_gen_function) ? core_gen_function(1) : 0;
    function_is_otherwise = exists(bpf_task_release___otherwise) ? bpf_task_release___otherwise(1, 2) : 0;
    if (exists(bpf_task_from_pid)) {
        struct task_struct *task = bpf_task_from_pid(pid);
        if (task) {
            tgid = task->tgid;
            bpf_task_release(task);
        }
        task = bpf_task_from_pid___core_gen(pid);
        if (task) {
            tgid_by_flavour = task->tgid;
            bpf_task_release(task);
        }
    }
    return 0;
}

/* Variables have addresses in kernels with CONFIG_KALLSYMS_ALL only. */
SEC("?tp_btf/sys_exit")
int look_at_queue(void *ctx)
{
    if (!exists(&runqueues))
        return 0;
    struct rq *queue = bpf_per_cpu_ptr(&runqueues, 0);
    if (queue)
        cpu_of_queue = queue->cpu + 1;
    return 0;
}

/* Without a question first: the verifier gets to see what is called where there is no such function. */
SEC("?tp_btf/sys_exit")
int call_what_is_absent(void *ctx)
{
    return core_gen_function(1);
}

char LICENSE[] SEC("license") = "GPL";
