// C types that other generators refuse or bend: bit-fields, unions, anonymous members, packed, 128 bits, floats.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum small { SMALL_A = 1, SMALL_B, SMALL_SAME = 1 } __attribute__((packed));
enum large { LARGE_ONE = 1, LARGE_HUGE = 0x123456789abcdefULL };
enum negative { BELOW = -5, ABOVE = 5 };

struct bits {
    unsigned int a : 3;
    int b : 5;
    unsigned int : 4;
    _Bool flag : 1;
    enum negative sign : 4;
    unsigned long long wide : 40;
    long long wide_signed : 35;
};

struct __attribute__((packed)) packed {
    char tag;
    int number;
    long long big;
    short tail;
};

union address {
    __u32 v4;
    __u8 v6[16];
    struct {
        __u16 port;
        __u16 family;
    } parts;
};

struct anonymous {
    int kind;
    union {
        struct {
            int pid;
            int tid;
        };
        __u64 both;
        char name[8];
    };
    struct {
        short x, y;
    } at[2];
    struct {
        int inlined;
    };
};

typedef struct {
    int from_a_typedef;
} plain_t;

struct list_node {
    struct list_node *next;
    int (*run)(void *ctx, int n);
    const char *text;
};

struct flexible {
    int length;
    short values[];
};

struct empty {};

struct all_kinds {
    char c;
    signed char sc;
    unsigned char uc;
    _Bool yes;
    short s;
    unsigned short us;
    int i;
    unsigned int ui;
    long l;
    unsigned long ul;
    __int128 big;
    unsigned __int128 ubig;
    float f;
    double d;
    enum small small;
    enum large large;
    enum negative negative;
    char text[12];
    char texts[2][4];
    signed char numbers[3];
    unsigned char bytes[5];
    unsigned char macs[2][6];
    int matrix[2][3];
    struct packed packed[2];
    enum large larges[2];
    struct empty empty;
    struct list_node node;
    plain_t plain;
    const volatile int *const pointer;
    int none[0];
    int last;
};

// Names that TypeScript or JavaScript use for something else.
struct Uint8Array {
    int constructor;
    int __proto__;
    int class;
    int value;
};

struct trace_event___new {
    int a;
};
struct trace_event_new {
    short b;
};

struct all_kinds kinds;
struct bits bits;
union address address;
struct anonymous anonymous;
struct Uint8Array reserved;
struct trace_event___new flavour;
struct trace_event_new same_name;
struct {
    int only_here;
} unnamed;
struct flexible flexible = {2, {1, 2}};
int bytes;

SEC("socket")
int read_all(void *ctx)
{
    return kinds.i + bits.a + address.v4 + anonymous.kind + reserved.class + flavour.a + same_name.b + unnamed.only_here +
           flexible.length + bytes;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
