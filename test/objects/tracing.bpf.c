// One program for each way to attach to functions, tracepoints and events; each is loaded alone, and counts what the
// process that the test names does, by cookie.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

// 0: all of them.
const volatile unsigned int asked_pid = 0;
// Kernels that have no cookies refuse programs that ask for one.
const volatile _Bool asks_cookie = 0;

unsigned long long hits[4];

static __always_inline int count(void *ctx)
{
    if (asked_pid == 0 || bpf_get_current_pid_tgid() >> 32 == asked_pid)
        __sync_fetch_and_add(&hits[asks_cookie ? bpf_get_attach_cookie(ctx) & 3 : 0], 1);
    return 0;
}

#define COUNTING(section, name) SEC(section) int name(void *ctx) { return count(ctx); }

COUNTING("?kprobe", kprobe)
COUNTING("?kretprobe", kretprobe)
COUNTING("?ksyscall", ksyscall)
COUNTING("?uprobe", uprobe)
COUNTING("?uprobe.s", uprobe_s)
COUNTING("?uretprobe", uretprobe)
COUNTING("?kprobe.multi", kprobe_multi)
COUNTING("?kprobe.multi/do_sys_openat?", kprobe_multi_section)
COUNTING("?kretprobe.multi", kretprobe_multi)
COUNTING("?kprobe.session", kprobe_session)
COUNTING("?uprobe.multi", uprobe_multi)
COUNTING("?uprobe.multi/libc.so.6:getppi?", uprobe_multi_section)
COUNTING("?uretprobe.multi", uretprobe_multi)
COUNTING("?uprobe.session", uprobe_session)
COUNTING("?tp", tracepoint)
COUNTING("?raw_tp", raw_tracepoint)
COUNTING("?tp_btf/sys_enter", tp_btf)
COUNTING("?fentry/do_sys_openat2", fentry)
COUNTING("?fexit/do_sys_openat2", fexit)
COUNTING("?fmod_ret/security_file_open", fmod_ret)
COUNTING("?fsession/do_sys_openat2", fsession)
COUNTING("?lsm/file_open", lsm)
COUNTING("?fentry.multi/do_sys_openat?", fentry_multi)
COUNTING("?fexit.multi", fexit_multi)
COUNTING("?fsession.multi", fsession_multi)
COUNTING("?perf_event", perf_event)

// What a test run answers instead of its own outcome.
SEC("?raw_tp.w/bpf_test_finish") int raw_tracepoint_writable(unsigned long long *ctx)
{
    int *error = (int *)ctx[0];
    *error = 42;
    return 0;
}

SEC("?socket") int tested(void *ctx)
{
    return 0;
}
