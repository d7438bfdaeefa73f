/*
 * Programs that throw, and what then happens. scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NOINLINE __attribute__((noinline))
#define CALLBACK(name) __attribute__((btf_decl_tag("exception_callback:" #name)))

extern void bpf_throw(__u64 cookie) __ksym;

int thrown;

NOINLINE int helper(int value)
{
    return value + 100;
}

/* Nobody calls it: the tag alone puts it behind the program, and helper() behind it. */
NOINLINE int caught(__u64 cookie)
{
    thrown++;
    return helper(cookie);
}

SEC("tc") CALLBACK(caught) int throws(struct __sk_buff *skb)
{
    if (skb->len > 0)
        bpf_throw(7);
    return 1;
}

SEC("tc") int throws_uncaught(struct __sk_buff *skb)
{
    if (skb->len > 0)
        bpf_throw(9);
    return 1;
}

char LICENSE[] SEC("license") = "GPL";
