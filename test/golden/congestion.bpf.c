// Two congestion controls of TCP: one that is registered by its map, one by a link, which can be updated to another map.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

// What is used of the kernel's types; where it is in them, the loader finds out.
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct sock {
};
struct tcp_sock {
    __u32 snd_cwnd;
    __u32 snd_ssthresh;
    __u32 prior_cwnd;
};
struct ack_sample {
    __u32 pkts_acked;
};
#pragma clang attribute pop

struct tcp_congestion_ops {
    __u32 (*ssthresh)(struct sock *sk);
    void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
    __u32 (*undo_cwnd)(struct sock *sk);
    void (*pkts_acked)(struct sock *sk, const struct ack_sample *sample);
    __u32 flags;
    char name[16];
    void (*init)(struct sock *sk);
    void *owner;
};

// Has a member that no kernel has: it does no harm as long as nothing is in it.
struct tcp_congestion_ops___local {
    __u32 (*ssthresh)(struct sock *sk);
    void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
    __u32 (*undo_cwnd)(struct sock *sk);
    void (*init)(struct sock *sk);
    char name[16];
    int (*no_kernel_has_this)(void);
    _Bool nor_this;
};

__u64 connections, acks, losses;
__u64 samples;
__u64 connections_after_update;

SEC("struct_ops/count_init")
void BPF_PROG(count_init, struct sock *sk) {
    __sync_fetch_and_add(&connections, 1);
}

SEC("struct_ops/count_init_after")
void BPF_PROG(count_init_after, struct sock *sk) {
    __sync_fetch_and_add(&connections_after_update, 1);
}

SEC("struct_ops/halve")
__u32 BPF_PROG(halve, struct sock *sk) {
    struct tcp_sock *tp = (struct tcp_sock *)sk;
    __sync_fetch_and_add(&losses, 1);
    return tp->snd_cwnd / 2 < 2 ? 2 : tp->snd_cwnd / 2;
}

SEC("struct_ops/grow")
void BPF_PROG(grow, struct sock *sk, __u32 ack, __u32 acked) {
    struct tcp_sock *tp = (struct tcp_sock *)sk;
    __sync_fetch_and_add(&acks, 1);
    if (tp->snd_cwnd < 100)
        tp->snd_cwnd = tp->snd_cwnd + 1;
}

SEC("struct_ops/keep")
__u32 BPF_PROG(keep, struct sock *sk) {
    struct tcp_sock *tp = (struct tcp_sock *)sk;
    return tp->snd_cwnd < tp->prior_cwnd ? tp->prior_cwnd : tp->snd_cwnd;
}

// In the kernel only if a map uses it.
SEC("?struct_ops")
void BPF_PROG(count_samples, struct sock *sk, const struct ack_sample *sample) {
    __sync_fetch_and_add(&samples, sample->pkts_acked);
}

SEC(".struct_ops")
struct tcp_congestion_ops by_map = {
    .ssthresh = (void *)halve,
    .cong_avoid = (void *)grow,
    .undo_cwnd = (void *)keep,
    .init = (void *)count_init,
    .name = "cg_map",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops by_link = {
    .ssthresh = (void *)halve,
    .cong_avoid = (void *)grow,
    .undo_cwnd = (void *)keep,
    .init = (void *)count_init,
    .name = "cg_link",
};

SEC("?.struct_ops.link")
struct tcp_congestion_ops___local for_update = {
    .ssthresh = (void *)halve,
    .cong_avoid = (void *)grow,
    .undo_cwnd = (void *)keep,
    .init = (void *)count_init_after,
    .name = "cg_link",
};

char LICENSE[] SEC("license") = "GPL";
