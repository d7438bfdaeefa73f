// Reports each TCP connection when it ends: who, whereto, how long, how much.
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

#define AF_INET 2
#define AF_INET6 10

struct event {
    u64 duration_ns;
    u64 received;
    u64 sent;
    u32 pid;
    u16 family;
    u16 local_port;
    u16 remote_port;
    u8 local[16];
    u8 remote[16];
    char comm[16];
};

struct birth {
    u64 at_ns;
    u32 pid;
    char comm[16];
};

/* Connections by their socket's address, from the state in which a process has them in hand. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10240);
    __type(key, const void *);
    __type(value, struct birth);
} births SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 256 * 1024);
} events SEC(".maps");

static void remember(const void *sk)
{
    struct birth birth = {.at_ns = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32};

    bpf_get_current_comm(&birth.comm, sizeof(birth.comm));
    bpf_map_update_elem(&births, &sk, &birth, BPF_ANY);
}

static void report(struct trace_event_raw_inet_sock_set_state *ctx, const struct birth *birth)
{
    const struct tcp_sock *tp = ctx->skaddr;
    struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return;
    event->duration_ns = bpf_ktime_get_ns() - birth->at_ns;
    event->received = BPF_CORE_READ(tp, bytes_received);
    event->sent = BPF_CORE_READ(tp, bytes_acked);
    event->pid = birth->pid;
    event->family = ctx->family;
    event->local_port = ctx->sport;
    event->remote_port = ctx->dport;
    __builtin_memset(event->local, 0, sizeof(event->local));
    __builtin_memset(event->remote, 0, sizeof(event->remote));
    if (ctx->family == AF_INET) {
        BPF_CORE_READ_INTO(&event->local, ctx, saddr);
        BPF_CORE_READ_INTO(&event->remote, ctx, daddr);
    } else {
        BPF_CORE_READ_INTO(&event->local, ctx, saddr_v6);
        BPF_CORE_READ_INTO(&event->remote, ctx, daddr_v6);
    }
    __builtin_memcpy(event->comm, birth->comm, sizeof(event->comm));
    bpf_ringbuf_submit(event, 0);
}

SEC("tracepoint/sock/inet_sock_set_state")
int set_state(struct trace_event_raw_inet_sock_set_state *ctx)
{
    const void *sk = ctx->skaddr;
    // Read once: the verifier refuses the context with an offset added, which clang may make of several reads.
    int state = ctx->newstate;
    struct birth *birth;

    if (ctx->protocol != IPPROTO_TCP || (ctx->family != AF_INET && ctx->family != AF_INET6))
        return 0;
    // A client's process is in connect() at SYN_SENT; a server's side is made while a packet comes in, by whoever runs.
    if (state == TCP_SYN_SENT || state == TCP_SYN_RECV)
        remember(sk);
    if (state != TCP_CLOSE)
        return 0;
    birth = bpf_map_lookup_elem(&births, &sk);
    if (!birth)
        return 0;
    report(ctx, birth);
    bpf_map_delete_elem(&births, &sk);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
