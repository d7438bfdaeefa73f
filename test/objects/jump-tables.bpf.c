/*
 * Programs that jump by tables, as clang writes them since version 22; by hand, as the one that compiles this is older.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* `return table[skb->len & 3 …]`: 0x0d is `gotox r1`. */
#define JUMP(table)                                                                                                    \
    "r1 &= 1\n r1 <<= 3\n r2 = " table " ll\n r2 += r1\n r1 = *(u64 *)(r2 + 0)\n .byte 0x0d, 1, 0, 0, 0, 0, 0, 0\n"
#define RETURN(value) "r0 = " value "\n exit\n"

__asm__(
    ".section \"tc\",\"ax\",@progbits\n"
    ".globl first\n .type first,@function\n"
    "first: r0 = 0\n exit\n"
    ".size first, 16\n"
    ".globl pick\n .type pick,@function\n"
    "pick: r1 = *(u32 *)(r1 + 0)\n" JUMP("of_pick") RETURN("10") RETURN("20")
    ".size pick, 96\n"
    ".globl call_pick\n .type call_pick,@function\n"
    "call_pick: r6 = r1\n r1 = *(u32 *)(r6 + 0)\n call in_text\n r7 = r0\n r1 = *(u32 *)(r6 + 0)\n r1 += 1\n"
    "call in_text\n r0 += r7\n exit\n"
    ".size call_pick, 72\n"
    ".text\n"
    ".globl before\n .type before,@function\n"
    "before: r0 = 7\n exit\n"
    ".size before, 16\n"
    ".globl in_text\n .type in_text,@function\n"
    "in_text:" JUMP("of_text") RETURN("300") RETURN("4000")
    ".size in_text, 88\n"
    ".section .jumptables,\"\",@progbits\n"
    ".globl of_pick\n .type of_pick,@object\n"
    "of_pick: .quad 80\n .quad 96\n"
    ".size of_pick, 16\n"
    ".globl of_text\n .type of_text,@object\n"
    "of_text: .quad 72\n .quad 88\n"
    ".size of_text, 16\n");

char LICENSE[] SEC("license") = "GPL";
