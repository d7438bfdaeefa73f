/*
 * One record with every kind of member that C has. Compiled twice: clang leaves the struct out of BTF, unless something
 * global is of that type (-DIN_BTF). Then what is read off the DWARF must be what clang itself writes to BTF.
 *
 * Compile:
 *   C="clang-19 -g -O2 -fdebug-prefix-map=$PWD=. -I/usr/include/$(uname -m)-linux-gnu -c layouts.bpf.c"
 *   $C --target=bpf -gdwarf-5 -o layouts.bpf.o
 *   $C --target=bpf -gdwarf-4 -o layouts.dwarf4.bpf.o
 *   $C --target=bpf -gdwarf-2 -o layouts.dwarf2.bpf.o
 *   $C --target=bpfeb -gdwarf-5 -o layouts.eb.bpf.o
 *   $C --target=bpfeb -gdwarf-4 -o layouts.dwarf4.eb.bpf.o
 *   $C --target=bpf -DIN_BTF -o layouts.in-btf.bpf.o
 *   $C --target=bpfeb -DIN_BTF -o layouts.in-btf.eb.bpf.o
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

typedef __u32 u32;
typedef u32 my_pid_t;

enum color { RED, GREEN = 5, BLUE = 0xffffffff };
enum degrees { FREEZING = -40, BOILING = 100 };
enum huge { SMALL = 1, HUGE = 0x123456789abcdefULL };
enum deep { DEEP = -0x123456789abLL };
enum __attribute__((packed)) tiny { TINY_A, TINY_B = 200 };

struct inner {
    __u8 a;
    __u16 b;
    struct {
        __u32 deep_a;
        union {
            __u32 deep_b;
            __u8 deep_bytes[4];
        };
    };
};

typedef struct {
    __s16 x, y;
} point_t;

union number {
    __u64 u;
    __s64 s;
    double d;
    struct {
        __u32 low, high;
    } halves;
};

struct packed {
    __u8 a;
    __u64 b;
    __u16 c : 3;
    __u16 d : 13;
} __attribute__((packed));

struct aligned {
    __u8 a;
    __u8 b __attribute__((aligned(16)));
} __attribute__((aligned(32)));

struct bits {
    __u32 a : 1;
    __u32 b : 7;
    __u32 c : 24;
    __u64 d : 40;
    __u64 e : 3;
    __u64 : 5;
    __u64 f : 16;
    __s8 g : 4;
    __s8 h : 4;
    _Bool i : 1;
    enum color j : 3;
    __u16 : 0;
    __u16 k : 9;
    unsigned char l;
    __u32 across : 30;
    __u32 border : 30;
};

struct task_struct;
struct node;
typedef int (*callback_t)(struct node *, void *);

struct node {
    struct node *next;
    struct task_struct *task;
    const char *name;
    void *cookie;
    callback_t callback;
    const volatile __u32 *volatile *pp;
    const struct inner *const inner;
};

struct everything {
    __u8 u8;
    __s8 s8;
    char c;
    _Bool flag;
    __u16 u16;
    __s16 s16;
    u32 u32;
    my_pid_t pid;
    __s32 s32;
    long l;
    unsigned long ul;
    long long ll;
    __u64 u64;
    __be32 be32;
    __int128 s128;
    unsigned __int128 u128;
    float f;
    double d;
    enum color color;
    enum degrees degrees;
    enum huge huge;
    enum deep deep;
    enum tiny tiny;
    char comm[16];
    __u8 bytes[7];
    __u16 matrix[2][3][4];
    struct inner inner;
    struct inner inners[2];
    point_t point;
    point_t path[3];
    union number number;
    struct {
        int anonymous_a;
        union {
            char anonymous_b;
            long anonymous_c;
        };
        struct bits in_anonymous;
    };
    struct {
        __u8 unnamed_type;
    } unnamed[2];
    struct packed packed;
    struct aligned aligned;
    struct bits bits;
    struct node node;
    const volatile __u64 constant;
    enum { LOCAL_A = 3, LOCAL_B } local_enum;
    struct {
    } empty;
    __u32 zero_length[0];
    __u32 count;
    struct inner tail[];
};

#ifdef IN_BTF
struct everything in_btf;
#endif

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

SEC("tracepoint/a/b")
int send(void *ctx)
{
    struct everything *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

    if (!e)
        return 0;
    e->count = 1;
    bpf_ringbuf_submit(e, 0);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
