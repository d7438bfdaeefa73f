// One program for each way to attach by section alone; each counts what the process that the test names does.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

const volatile unsigned int asked_pid = 0;

#define COUNTING(section, name) \
    unsigned long long name##_hits = 0; \
    SEC(section) int name(void *ctx) \
    { \
        if (bpf_get_current_pid_tgid() >> 32 == asked_pid) \
            __sync_fetch_and_add(&name##_hits, 1); \
        return 0; \
    }

COUNTING("?kprobe/do_sys_openat2", kprobe)
COUNTING("?kretprobe/do_sys_openat2", kretprobe)
COUNTING("?ksyscall/openat", ksyscall)
COUNTING("?kretsyscall/openat", kretsyscall)
COUNTING("?fentry/do_sys_openat2", fentry)
COUNTING("?fexit/do_sys_openat2", fexit)
COUNTING("?fmod_ret/security_file_open", fmod_ret)
COUNTING("?lsm/file_open", lsm)
COUNTING("?tp_btf/sys_enter", tp_btf)
COUNTING("?uprobe/libc.so.6:getppid", uprobe)
COUNTING("?uretprobe/libc.so.6:getppid", uretprobe)
