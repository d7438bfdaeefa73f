// A type of a module: veth's, which Debian's kernels don't have built in.
// clang-19 -g -O2 --target=bpf -mcpu=v3 -idirafter /usr/include/x86_64-linux-gnu -c modules.bpf.c && llvm-strip-19 -g modules.bpf.o
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

char LICENSE[] SEC("license") = "GPL";

struct veth_priv {
    void *peer;
    void *_xdp_prog;
} __attribute__((preserve_access_index));

bool has_veth_priv = false;
unsigned int veth_priv_size = 0;
unsigned int xdp_prog_offset = 0;
unsigned long long runs = 0;

SEC("raw_tp/sys_enter")
int measure(void *ctx)
{
    has_veth_priv = bpf_core_type_exists(struct veth_priv);
    veth_priv_size = bpf_core_type_size(struct veth_priv);
    if (bpf_core_field_exists(struct veth_priv, _xdp_prog))
        xdp_prog_offset = bpf_core_field_offset(struct veth_priv, _xdp_prog);
    runs++;
    return 0;
}
