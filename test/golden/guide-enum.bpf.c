// The CO-RE guide's `enum tcp_state`, which no kernel has: TCP_LISTEN is in an enum without a name. So there is no vmlinux.h
// here, which would say the same name twice.
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

enum tcp_state {
    TCP_ESTABLISHED = 1,
    TCP_LISTEN = 10,
};

unsigned long long runs = 0;
bool exists_answer = true;
int value_if_it_exists = -1;

SEC("raw_tp/sys_enter")
int ask_first(void *ctx)
{
    bool exists = bpf_core_enum_value_exists(enum tcp_state, TCP_LISTEN);
    exists_answer = exists;
    if (exists)
        value_if_it_exists = bpf_core_enum_value(enum tcp_state, TCP_LISTEN);
    runs++;
    return 0;
}

SEC("?raw_tp/sys_enter")
int do_not_ask(void *ctx)
{
    int val = bpf_core_enum_value(enum tcp_state, TCP_LISTEN);
    value_if_it_exists = val;
    return 0;
}
