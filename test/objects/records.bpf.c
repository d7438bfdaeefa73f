/*
 * Programs that send records in all the ways that people write it: one buffer per way. None of them is for loading.
 *
 * Compile (the -fdebug-prefix-map keeps the path of the checkout out of the objects):
 *   C="clang-19 -g -O2 --target=bpf -fdebug-prefix-map=$PWD=. -I/usr/include/$(uname -m)-linux-gnu -c records.bpf.c"
 *   $C -gdwarf-5 -o records.bpf.o
 *   $C -gdwarf-4 -o records.dwarf4.bpf.o
 *   $C -gdwarf-2 -o records.dwarf2.bpf.o
 *   $C -gdwarf-5 --target=bpfeb -o records.eb.bpf.o
 *   $C -gdwarf-4 --target=bpfeb -o records.dwarf4.eb.bpf.o
 *   llvm-strip-19 -g records.bpf.o -o records.stripped.bpf.o
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#define BUFFER(name, kind)            \
    struct {                          \
        __uint(type, kind);           \
        __uint(max_entries, 4096);    \
    } name SEC(".maps")
#define RINGBUF(name) BUFFER(name, BPF_MAP_TYPE_RINGBUF)

/* reserve: a pointer to the struct is all there is. */
struct reserved {
    __u32 pid;
    char comm[16];
};
RINGBUF(by_reserve);

SEC("tracepoint/a/reserve")
int reserve(void *ctx)
{
    struct reserved *r = bpf_ringbuf_reserve(&by_reserve, sizeof(*r), 0);

    if (!r)
        return 0;
    r->pid = bpf_get_current_pid_tgid();
    bpf_ringbuf_submit(r, 0);
    return 0;
}

/* output: the struct is on the stack. */
struct on_stack {
    __u64 when;
    __u32 pid;
    __u32 cpu;
};
RINGBUF(by_output);

SEC("tracepoint/a/output")
int output(void *ctx)
{
    struct on_stack s = { .when = bpf_ktime_get_ns(), .cpu = bpf_get_smp_processor_id() };

    bpf_ringbuf_output(&by_output, &s, sizeof(s), 0);
    return 0;
}

/* A perf event array whose value type is the kernel's u32, no record. */
struct sampled {
    __u64 addr;
    __u64 period;
    __u8 flag;
};
struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __type(key, int);
    __type(value, __u32);
} by_perf SEC(".maps");

SEC("tracepoint/a/perf")
int perf(void *ctx)
{
    struct sampled s = {};

    s.addr = bpf_ktime_get_ns();
    bpf_perf_event_output(ctx, &by_perf, BPF_F_CURRENT_CPU, &s, sizeof(s));
    return 0;
}

/* Two records in one buffer. */
struct exec_event {
    __u32 kind;
    char file[60];
};
struct exit_event {
    __u32 kind;
    __s32 code;
};
RINGBUF(two_records);

SEC("tracepoint/a/exec")
int exec(void *ctx)
{
    struct exec_event *e = bpf_ringbuf_reserve(&two_records, sizeof(*e), 0);

    if (!e)
        return 0;
    e->kind = 1;
    bpf_ringbuf_submit(e, 0);
    return 0;
}

SEC("tracepoint/a/exit")
int exit_(void *ctx)
{
    struct exit_event *e = bpf_ringbuf_reserve(&two_records, sizeof(*e), 0);

    if (!e)
        return 0;
    e->kind = 2;
    bpf_ringbuf_submit(e, 0);
    return 0;
}

/* Size, map and record are all arguments of a function that stays a function. */
struct passed_a {
    __u64 a[3];
};
struct passed_b {
    __u64 b[5];
};
RINGBUF(by_argument);
RINGBUF(by_argument_too);

static __noinline long send(void *map, void *data, __u64 size)
{
    return bpf_ringbuf_output(map, data, size, 0);
}

SEC("tracepoint/a/pass_a")
int pass_a(void *ctx)
{
    struct passed_a a = { .a = { bpf_ktime_get_ns() } };

    return send(&by_argument, &a, sizeof(a));
}

SEC("tracepoint/a/pass_b")
int pass_b(void *ctx)
{
    struct passed_b b = { .b = { bpf_ktime_get_ns() } };

    return send(&by_argument_too, &b, sizeof(b));
}

/* The call is in a function that is inlined; so is its local variable. */
struct inlined {
    __u32 pid;
    __u32 uid;
    __u16 port;
};
RINGBUF(by_inlined);

static __always_inline void send_inlined(__u16 port)
{
    struct inlined *i = bpf_ringbuf_reserve(&by_inlined, sizeof(*i), 0);

    if (!i)
        return;
    i->pid = bpf_get_current_pid_tgid();
    i->port = port;
    bpf_ringbuf_submit(i, 0);
}

SEC("tracepoint/a/inlined")
int inlined(void *ctx)
{
    if (bpf_get_smp_processor_id() == 1)
        send_inlined(1);
    else if (bpf_get_current_pid_tgid() == 2)
        send_inlined(2);
    return 0;
}

/* A function returns what it has reserved, and has no variable for it. */
struct returned {
    __u64 serial;
    __u8 payload[92];
};
RINGBUF(by_return);

static __noinline struct returned *new_returned(void)
{
    return bpf_ringbuf_reserve(&by_return, sizeof(struct returned), 0);
}

SEC("tracepoint/a/returned")
int returned(void *ctx)
{
    void *r = new_returned();

    if (r)
        bpf_ringbuf_discard(r, 0);
    return 0;
}

/* Two locals of the same size: only one of them is in scope at the call. */
struct in_scope {
    __u32 words[11];
};
struct out_of_scope {
    __u8 bytes[44];
};
RINGBUF(by_scope);

SEC("tracepoint/a/scope")
int scope(void *ctx)
{
    if (bpf_get_smp_processor_id() == 1) {
        struct in_scope *i = bpf_ringbuf_reserve(&by_scope, sizeof(*i), 0);

        if (!i)
            return 0;
        i->words[0] = 1;
        bpf_ringbuf_submit(i, 0);
    } else {
        struct out_of_scope o = {};

        bpf_get_current_comm(o.bytes, sizeof(o.bytes));
        if (o.bytes[0] == 'x')
            bpf_printk("x");
    }
    return 0;
}

/* Two locals of the same size, both in scope: it is not decided. */
struct maybe_this {
    __u32 pid;
    __u32 uid;
    __u64 when;
    __u32 kind;
};
struct maybe_that {
    __u8 key[24];
};
RINGBUF(undecided);

SEC("tracepoint/a/undecided")
int undecide(void *ctx)
{
    struct maybe_this this = {};
    struct maybe_that that = {};

    bpf_get_current_comm(that.key, sizeof(that.key));
    this.when = that.key[3];
    bpf_ringbuf_output(&undecided, &this, sizeof(this), 0);
    return 0;
}

/* The record is a map's value; how much of it is sent, only run time tells. */
struct scratch {
    __u32 len;
    char text[200];
};
struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct scratch);
} heap SEC(".maps");
RINGBUF(by_map_value);
RINGBUF(varying);

SEC("tracepoint/a/map_value")
int map_value(void *ctx)
{
    __u32 zero = 0;
    struct scratch *s = bpf_map_lookup_elem(&heap, &zero);

    if (!s)
        return 0;
    bpf_ringbuf_output(&by_map_value, s, sizeof(*s), 0);
    return 0;
}

SEC("tracepoint/a/varying")
int vary(void *ctx)
{
    __u32 zero = 0;
    struct scratch *s = bpf_map_lookup_elem(&heap, &zero);

    if (!s)
        return 0;
    bpf_ringbuf_output(&varying, s, sizeof(s->len) + (s->len & 127), 0);
    return 0;
}

/* The record is a global variable. */
struct global {
    __u64 count;
    __u64 bytes;
    __u64 errors;
    __u32 cpu;
    __u32 pad;
} totals;
RINGBUF(by_global);

SEC("tracepoint/a/global")
int global(void *ctx)
{
    totals.count++;
    bpf_ringbuf_output(&by_global, &totals, sizeof(totals), 0);
    return 0;
}

/* Nothing is known of the size, nor of the record. */
RINGBUF(unknown);
__u64 wanted;

SEC("tracepoint/a/unknown")
int unknown_(void *ctx)
{
    char buffer[64] = {};

    bpf_ringbuf_output(&unknown, buffer, wanted & 63, 0);
    return 0;
}

/* Nothing is sent at all. */
RINGBUF(silent);

/* A struct without a name of its own, and a union. */
typedef struct {
    __u32 one;
    __u16 two;
} nameless_t;
union either {
    __u64 number;
    char text[12];
};
RINGBUF(by_typedef);
RINGBUF(by_union);

SEC("tracepoint/a/typedef")
int typedef_(void *ctx)
{
    nameless_t n = { .one = bpf_get_smp_processor_id() };

    bpf_ringbuf_output(&by_typedef, &n, sizeof(n), 0);
    return 0;
}

SEC("tracepoint/a/union")
int union_(void *ctx)
{
    union either *u = bpf_ringbuf_reserve(&by_union, sizeof(*u), 0);

    if (!u)
        return 0;
    u->number = 1;
    bpf_ringbuf_submit(u, 0);
    return 0;
}

/* The record is a copy of a map's value. */
struct counted {
    __u64 hits;
    __u64 misses;
    __u64 bytes;
    __u64 first;
    __u64 last;
    __u32 cpu;
    __u32 node;
};
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, struct counted);
} counts SEC(".maps");
RINGBUF(by_copy);

SEC("tracepoint/a/copy")
int copy(void *ctx)
{
    __u32 zero = 0;
    struct counted *found = bpf_map_lookup_elem(&counts, &zero);
    struct counted counted = {};

    if (found)
        counted = *found;
    counted.cpu = bpf_get_smp_processor_id();
    bpf_ringbuf_output(&by_copy, &counted, sizeof(counted), 0);
    return 0;
}

/* The context has the size of the record, and so has what a function that was inlined takes. */
struct context {
    __u64 args[7];
};
struct kernels {
    __u64 fields[7];
};
struct as_large {
    __u64 when;
    char text[48];
};
RINGBUF(beside_context);
RINGBUF(beside_argument);
RINGBUF(beside_pointer);

SEC("tracepoint/a/beside_context")
int beside(struct context *ctx)
{
    struct as_large *a = bpf_ringbuf_reserve(&beside_context, sizeof(*a), 0);

    if (!a)
        return 0;
    a->when = ctx->args[1];
    bpf_ringbuf_submit(a, 0);
    return 0;
}

static __always_inline int take(struct kernels *kernels)
{
    struct as_large *a = bpf_ringbuf_reserve(&beside_argument, sizeof(*a), 0);

    if (!a)
        return 0;
    bpf_probe_read_kernel(&a->when, 8, &kernels->fields[2]);
    bpf_ringbuf_submit(a, 0);
    return 0;
}

SEC("tracepoint/a/beside_argument")
int beside_taken(struct context *ctx)
{
    return take((struct kernels *)ctx->args[0]);
}

SEC("tracepoint/a/beside_pointer")
int beside_pointed(struct context *ctx)
{
    struct kernels *kernels = (struct kernels *)ctx->args[0];
    struct as_large a = {};

    bpf_probe_read_kernel(&a.when, 8, &kernels->fields[2]);
    bpf_ringbuf_output(&beside_pointer, &a, sizeof(a), 0);
    return 0;
}

/* The record is named where the map is. */
struct named_by_value {
    __u32 a;
    __u32 b;
    __u32 c;
};
struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
    __type(value, struct named_by_value);
} by_value_type SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
