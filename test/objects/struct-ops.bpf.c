/*
 * Maps of struct_ops: for TCP, for a struct that only newer kernels let programs fill in (DUMMY, SCX), and, one wrong thing
 * at a time, what no kernel takes. scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct sock;

struct tcp_congestion_ops {
    __u32 (*ssthresh)(struct sock *sk);
    void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
    __u32 (*undo_cwnd)(struct sock *sk);
    void (*init)(struct sock *sk);
    void (*release)(struct sock *sk);
    __u32 key;
#ifdef WRONG_SIZE
    __u64 flags;
#elif defined(WRONG_KIND)
    void *flags;
#else
    const volatile __u32 flags;
#endif
    const char name[16];
    void *owner;
    _Bool only_here;
    void (*nobody_has_this)(void);
};

__u64 runs;

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(ssthresh, struct sock *sk) {
    return 2;
}

SEC("struct_ops/cong_avoid")
void BPF_PROG(cong_avoid, struct sock *sk, __u32 ack, __u32 acked) {
    __sync_fetch_and_add(&runs, 1);
}

SEC("struct_ops")
__u32 BPF_PROG(undo_cwnd, struct sock *sk) {
    return 3;
}

SEC("?struct_ops/init")
void BPF_PROG(init, struct sock *sk) {
    runs = 0;
}

SEC("?struct_ops/release")
void BPF_PROG(release, struct sock *sk) {
    runs = 1;
}

#ifdef UNUSED
SEC("struct_ops/lonely")
void BPF_PROG(lonely, struct sock *sk) {
    runs = 2;
}
#endif

#ifdef DUMMY
struct bpf_dummy_ops_state;
struct bpf_dummy_ops {
    int (*test_sleepable)(struct bpf_dummy_ops_state *state);
    int (*test_1)(struct bpf_dummy_ops_state *state);
};

SEC("struct_ops/test_1")
int BPF_PROG(test_1, struct bpf_dummy_ops_state *state) {
    return 1;
}

SEC("struct_ops.s/test_sleepable")
int BPF_PROG(test_sleepable, struct bpf_dummy_ops_state *state) {
    return 2;
}

SEC(".struct_ops")
struct bpf_dummy_ops dummy = {
    .test_1 = (void *)test_1,
    .test_sleepable = (void *)test_sleepable,
};
#endif

#ifdef SCX
struct task_struct;
struct sched_ext_ops___v1 {
    char name[128];
    __u64 flags;
    __u32 timeout_ms;
    __u32 dispatch_max_batch;
    void (*enqueue)(struct task_struct *p, __u64 flags);
    __s32 (*init)(void);
    __u64 not_in_this_kernel;
};

SEC("struct_ops/enqueue")
void BPF_PROG(enqueue, struct task_struct *p, __u64 flags) {
    runs = flags;
}

SEC("struct_ops.s/start")
int BPF_PROG(start) {
    return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops___v1 scheduler = {
    .name = "core_gen",
    .timeout_ms = 5000,
    .dispatch_max_batch = 0x01020304,
    .flags = 0x1122334455667788,
    .enqueue = (void *)enqueue,
    .init = (void *)start,
};
#endif

#ifdef UNKNOWN
struct tcp_congestion_opt {
    __u32 (*ssthresh)(struct sock *sk);
};
SEC(".struct_ops")
struct tcp_congestion_opt unknown = { .ssthresh = (void *)ssthresh };
#endif

SEC(".struct_ops")
struct tcp_congestion_ops first = {
    .ssthresh = (void *)ssthresh,
    .cong_avoid = (void *)cong_avoid,
    .undo_cwnd = (void *)undo_cwnd,
    .init = (void *)init,
    .key = 0x12345678,
#ifndef WRONG_KIND
    .flags = 2,
#endif
    .name = "sops_first",
#ifdef MISSING
    .only_here = 1,
#endif
#ifdef MISSING_FUNCTION
    .nobody_has_this = (void *)undo_cwnd,
#endif
#ifdef POINTER
    .owner = (void *)0x10,
#endif
};

// Two in one section, with the same programs.
SEC(".struct_ops")
struct tcp_congestion_ops second = {
    .ssthresh = (void *)ssthresh,
    .cong_avoid = (void *)cong_avoid,
#ifdef REUSE
    .undo_cwnd = (void *)ssthresh,
#else
    .undo_cwnd = (void *)undo_cwnd,
#endif
    .name = "sops_second",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {
    .ssthresh = (void *)ssthresh,
    .cong_avoid = (void *)cong_avoid,
    .undo_cwnd = (void *)undo_cwnd,
    .name = "sops_linked",
};

SEC("?.struct_ops")
struct tcp_congestion_ops optional = {
    .ssthresh = (void *)ssthresh,
    .release = (void *)release,
    .name = "sops_optional",
    // It is not created, so nobody minds.
    .only_here = 1,
};

char LICENSE[] SEC("license") = "GPL";
