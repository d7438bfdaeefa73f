/* One program for each hook of sockets; each counts how often it ran. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

struct {
    __uint(type, BPF_MAP_TYPE_SOCKMAP);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_SOCKHASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} sockets_by_port SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_REUSEPORT_SOCKARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} group SEC(".maps");

__u64 parser_hits, stream_verdict_hits, verdict_hits, plain_hits, msg_hits, msg_by_port_hits, lookup_hits, dissect_hits;
__u64 filter_hits, select_hits, migrate_hits, choose_hits;

static __always_inline void count(__u64 *hits)
{
    __sync_fetch_and_add(hits, 1);
}

SEC("?sk_skb/stream_parser") int parser(struct __sk_buff *skb)
{
    count(&parser_hits);
    return skb->len;
}

/* What begins with "drop" goes nowhere, with "other" to the socket with number 1, and the rest where it is going. */
static __always_inline int decide(struct __sk_buff *skb)
{
    char first = 0;
    bpf_skb_load_bytes(skb, 0, &first, 1);
    if (first == 'd') return SK_DROP;
    if (first == 'o') return bpf_sk_redirect_map(skb, &sockets, 1, BPF_F_INGRESS);
    return SK_PASS;
}

SEC("?sk_skb/stream_verdict") int stream_verdict(struct __sk_buff *skb)
{
    count(&stream_verdict_hits);
    return decide(skb);
}

SEC("?sk_skb/stream_verdict") int drop_all(struct __sk_buff *skb)
{
    return SK_DROP;
}

SEC("?sk_skb/verdict") int verdict(struct __sk_buff *skb)
{
    count(&verdict_hits);
    return decide(skb);
}

SEC("?sk_skb") int plain(struct __sk_buff *skb)
{
    count(&plain_hits);
    return decide(skb);
}

/* The same for what a socket sends: "other" appears at the socket with number 1. */
SEC("?sk_msg") int msg(struct sk_msg_md *message)
{
    char *data = message->data;
    count(&msg_hits);
    if (data + 1 > (char *)message->data_end) return SK_PASS;
    if (*data == 'd') return SK_DROP;
    if (*data == 'o') return bpf_msg_redirect_map(message, &sockets, 1, BPF_F_INGRESS);
    return SK_PASS;
}

SEC("?sk_msg") int msg_by_port(struct sk_msg_md *message)
{
    char *data = message->data;
    __u32 port = message->local_port;
    count(&msg_by_port_hits);
    if (data + 1 > (char *)message->data_end) return SK_PASS;
    return *data == 'o' ? bpf_msg_redirect_hash(message, &sockets_by_port, &port, BPF_F_INGRESS) : SK_PASS;
}

/* Which port is answered by the socket with number 0. */
__u32 steered_port;

SEC("?sk_lookup") int lookup(struct bpf_sk_lookup *ctx)
{
    __u32 first = 0;
    if (ctx->local_port != steered_port) return SK_PASS;
    count(&lookup_hits);
    struct bpf_sock *socket = bpf_map_lookup_elem(&sockets, &first);
    if (!socket) return SK_PASS;
    long refused = bpf_sk_assign(ctx, socket, 0);
    bpf_sk_release(socket);
    return refused ? SK_DROP : SK_PASS;
}

SEC("?sk_lookup") int lookup_too(struct bpf_sk_lookup *ctx)
{
    return SK_PASS;
}

SEC("?flow_dissector") int dissect(struct __sk_buff *skb)
{
    struct bpf_flow_keys *keys = skb->flow_keys;
    count(&dissect_hits);
    keys->thoff = keys->nhoff + 20;
    keys->ip_proto = 17;
    return BPF_OK;
}

SEC("?flow_dissector") int dissect_too(struct __sk_buff *skb)
{
    return BPF_OK;
}

/* Has the kernel dissect a packet. */
SEC("?tc") int hash(struct __sk_buff *skb)
{
    bpf_get_hash_recalc(skb);
    return 0;
}

/* How many bytes of a packet a socket gets, UDP's header included. */
__u32 kept = 0xffff;

SEC("?socket") int filter(struct __sk_buff *skb)
{
    count(&filter_hits);
    return kept;
}

SEC("?socket") int filter_too(struct __sk_buff *skb)
{
    return 0xffff;
}

/* Which socket of a group is chosen. */
__u32 chosen;

SEC("?socket") int choose(struct __sk_buff *skb)
{
    count(&choose_hits);
    return chosen;
}

SEC("?sk_reuseport") int selector(struct sk_reuseport_md *ctx)
{
    __u32 index = chosen;
    count(&select_hits);
    return bpf_sk_select_reuseport(ctx, &group, &index, 0) ? SK_DROP : SK_PASS;
}

SEC("?sk_reuseport/migrate") int migrate(struct sk_reuseport_md *ctx)
{
    __u32 index = chosen;
    if (ctx->migrating_sk) {
        count(&migrate_hits);
        index = 1;
    }
    return bpf_sk_select_reuseport(ctx, &group, &index, 0) ? SK_DROP : SK_PASS;
}
