/*
 * Sections whose last variable is an array of every kind that has a codec of its own: their sizes are changed before
 * loading. scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct point {
    __u32 x;
    __s16 y;
};

typedef struct point corner;

__u32 one SEC(".data.text") = 1;
char text[4] SEC(".data.text") = "ab";
__u8 bytes[2] SEC(".data.bytes") = { 1, 2 };
const volatile corner corners[3] SEC(".rodata.corners") = { { 1, -1 }, { 2, -2 }, { 3, -3 } };
__u32 matrix[2][2] SEC(".data.matrix") = { { 1, 2 }, { 3, 4 } };
__u64 number SEC(".data.number") = 5;

/* Returns the x of the corner that the frame's first byte asks for. */
SEC("socket") int read_corner(struct __sk_buff *skb)
{
    const volatile corner *all = corners;
    asm volatile("" : "+r"(all));
    one += text[0] + bytes[0] + matrix[0][0] + number;
    return all[5].x;
}
