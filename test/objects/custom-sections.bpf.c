/*
 * Programs in sections that an app has given a meaning: no rule of libbpf's knows them.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 runs[4];

#define PROGRAM(name, section, index)    \
    SEC(section) int name(void *context) \
    {                                    \
        runs[index]++;                   \
        return 0;                        \
    }

PROGRAM(on_enter, "on/sys_enter", 0)
PROGRAM(alone, "exactly", 1)
PROGRAM(off, "?on/sys_exit", 2)
PROGRAM(anything, "anything at all", 3)

char LICENSE[] SEC("license") = "GPL";
