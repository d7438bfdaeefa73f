/* Counts the signals of an infrared receiver. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u32 hits = 0;

SEC("?lirc_mode2") int decode(unsigned int *sample)
{
    hits += 1;
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
