/*
 * A program whose global function another program may replace; -DREPLACEMENT makes that one.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#ifndef REPLACEMENT
__attribute__((noinline)) int answer(struct __sk_buff *skb)
{
    return skb->len == 1 ? 3 : 2;
}

SEC("tc") int ask(struct __sk_buff *skb)
{
    return answer(skb);
}
#else
SEC("freplace/answer") int replacement(struct __sk_buff *skb)
{
    return 42;
}

SEC("?freplace") int of_no_name(struct __sk_buff *skb)
{
    return 43;
}
#endif

char LICENSE[] SEC("license") = "GPL";
