/*
 * A program for USDT probes that keeps what it sees. scripts/compile-examples.sh says how this is compiled. The program that
 * has the probes is test/support/usdt-target.c.
 */
#define __TARGET_ARCH_x86
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/usdt.bpf.h>

struct firing {
    __u32 pid;
    __s32 arg_cnt;
    __s64 cookie;
    __s64 args[12];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 64);
    __type(key, __u32);
    __type(value, struct firing);
} firings SEC(".maps");

__u32 count;

SEC("usdt")
int see(struct pt_regs *ctx)
{
    __u32 key = count++;
    struct firing *firing = bpf_map_lookup_elem(&firings, &key);
    if (!firing)
        return 0;
    firing->pid = bpf_get_current_pid_tgid() >> 32;
    firing->arg_cnt = bpf_usdt_arg_cnt(ctx);
    firing->cookie = bpf_usdt_cookie(ctx);
    for (int i = 0; i < 12; i++) {
        long value = 0;
        bpf_usdt_arg(ctx, i, &value);
        firing->args[i] = value;
    }
    return 0;
}

/* By its section alone; a library that every machine of the tests has. */
SEC("?usdt/libstdc++.so.6:libstdcxx:throw")
int see_throw(struct pt_regs *ctx)
{
    count++;
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
