// Ring buffers of plain numbers, beside structs that have the same size by chance.
//   scripts/compile-examples.sh test/objects/numbers.bpf.o test/objects/numbers.stripped.bpf.o
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct half {
    __u16 low;
    __u16 high;
};

struct point {
    __u32 x;
    __u32 y;
};

struct half some_half = {1, 2};
struct point some_point = {3, 4};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
    __type(value, __u32);
} typed SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} untyped SEC(".maps");

SEC("raw_tp/sched_process_exec")
int send_numbers(void *ctx)
{
    __u32 *number = bpf_ringbuf_reserve(&typed, sizeof(*number), 0);
    __u64 *wide = bpf_ringbuf_reserve(&untyped, sizeof(*wide), 0);

    if (number) {
        *number = some_half.low;
        bpf_ringbuf_submit(number, 0);
    }
    if (wide) {
        *wide = some_point.x;
        bpf_ringbuf_submit(wide, 0);
    }
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
