/*
 * Buffers whose records are named by decl tags, one of a struct that only a function knows.
 *
 * Compile:
 *   clang-19 -g -O2 --target=bpf -I/usr/include/$(uname -m)-linux-gnu -fdebug-prefix-map=$PWD=. -c tagged.bpf.c -o tagged.bpf.o
 *   clang-19 -g -O2 --target=bpf -I/usr/include/$(uname -m)-linux-gnu -fdebug-prefix-map=$PWD=. -DTYPO -c tagged.bpf.c -o tagged.typo.bpf.o
 *   llvm-strip-19 -g tagged.bpf.o -o tagged.stripped.bpf.o
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#define TAG(struct) __attribute__((btf_decl_tag("core-gen:record=" struct)))

struct local {
    __u64 when;
    __u64 twice;
};
struct global {
    __u32 pid;
} last;

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
#ifdef TYPO
} one SEC(".maps") TAG("locla");
#else
} one SEC(".maps") TAG("local");
#endif

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} two SEC(".maps") TAG("local") TAG("struct global") __attribute__((btf_decl_tag("unrelated")));

SEC("tracepoint/a/tagged")
int tagged(void *ctx)
{
    struct local *t = bpf_ringbuf_reserve(&one, sizeof(*t), 0);

    if (!t)
        return 0;
    last.pid = 1;
    t->when = 1;
    bpf_ringbuf_submit(t, 0);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
