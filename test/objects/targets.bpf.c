/*
 * The same tool for several machines: a program that differs, as PT_REGS_PARM1() makes it, and what an app sees of it,
 * which does not; with WIDE it does.
 *
 * Compile: scripts/compile-examples.sh test/objects/targets.stripped.bpf.o test/objects/targets.on-arm64.stripped.bpf.o
 *          test/objects/targets.wide.stripped.bpf.o
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

struct event {
    __u32 pid;
#ifdef WIDE
    __u64 size;
#else
    __u32 size;
#endif
};

/* Nothing in the object refers to it: the debug info alone knows of it. */
enum verdict { PASS, DROP = 7 };
struct unused {
    enum verdict verdict;
    struct event events[2];
} *unused_pointer;
typedef __u32 number_t;
number_t number;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
    __type(value, struct event);
} events SEC(".maps");

int hits;

#ifdef WIDE
SEC("syscall")
int another(void *ctx)
{
    return 0;
}
#endif

SEC("syscall")
int machine(void *ctx)
{
    hits++;
#ifdef ON_ARM64
    return 64;
#else
    return 86;
#endif
}

char LICENSE[] SEC("license") = "GPL";
