/*
 * Global functions that get the program's context as a `void *` with the tag that kernels know since 6.8.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>

#define ARG_CTX __attribute__((btf_decl_tag("arg:ctx")))
#define NOINLINE __attribute__((noinline))

int seen;

NOINLINE int by_pointer(void *ctx ARG_CTX, int by)
{
    __u64 cookie = bpf_get_attach_cookie(ctx);
    seen += by;
    return cookie != 0;
}

/* Two tags on one function, one on an argument that is a context in itself. */
NOINLINE int by_name(struct __sk_buff *skb ARG_CTX)
{
    return skb->len;
}

NOINLINE int twice(void *ctx ARG_CTX, void *again ARG_CTX)
{
    return bpf_get_attach_cookie(ctx) + bpf_get_attach_cookie(again);
}

NOINLINE int of_registers(struct pt_regs *ctx ARG_CTX)
{
    return bpf_get_attach_cookie(ctx) != 0;
}

SEC("kprobe/do_nanosleep") int probe(void *ctx)
{
    return by_pointer(ctx, 1) + twice(ctx, ctx) + of_registers(ctx);
}

SEC("perf_event") int sample(void *ctx)
{
    return by_pointer(ctx, 2) + twice(ctx, ctx);
}

/* Kernels without the tag know no type of the context of these. */
SEC("?tracepoint/syscalls/sys_enter_nanosleep") int trace(void *ctx)
{
    return by_pointer(ctx, 3);
}

SEC("tc") int filter(struct __sk_buff *skb)
{
    return by_name(skb);
}

char LICENSE[] SEC("license") = "GPL";
