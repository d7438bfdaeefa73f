/*
 * What is in a module of the kernel: functions that programs call, and one that a program attaches to.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct nf_conn {
    unsigned long status;
} __attribute__((preserve_access_index));
struct bpf_ct_opts___mine {
    __s32 netns_id;
    __s32 error;
    __u8 l4proto;
    __u8 dir;
    __u8 reserved[2];
};

extern struct nf_conn *bpf_skb_ct_lookup(struct __sk_buff *, struct bpf_sock_tuple *, __u32, struct bpf_ct_opts___mine *,
                                         __u32) __ksym;
extern void bpf_ct_release(struct nf_conn *) __ksym;

int runs;
int error;
int entered;

SEC("tc")
int look_up(struct __sk_buff *skb)
{
    struct bpf_ct_opts___mine opts = { .netns_id = -1, .l4proto = 6 };
    struct bpf_sock_tuple tuple = {};
    struct nf_conn *connection = bpf_skb_ct_lookup(skb, &tuple, sizeof(tuple.ipv4), &opts, sizeof(opts));
    runs++;
    error = opts.error;
    if (connection)
        bpf_ct_release(connection);
    return 0;
}

/* In a module, wherever that is; and in a module by name. */
SEC("?fentry/veth_open")
int enter(void *ctx)
{
    entered++;
    return 0;
}

SEC("?fentry/veth:veth_open")
int enter_by_module(void *ctx)
{
    entered++;
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
