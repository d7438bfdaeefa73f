/*
 * Programs that call functions in every way there is. Loaded by nobody: what matters is how they are put together.
 * scripts/compile-examples.sh says how this is compiled.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NOINLINE __attribute__((noinline))

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __type(key, __u32);
    __type(value, __u64);
    __uint(max_entries, 4);
} counts SEC(".maps");

const volatile int step = 3;
int total;

/* Nobody calls it, so it is in no program. */
NOINLINE int unused(int a)
{
    return a * step;
}

/* Called by two others, and by a program itself: once in each program. */
static NOINLINE int shared(int a)
{
    total += a;
    return a * 2 + step;
}

static NOINLINE int first(int a)
{
    return shared(a) + 1;
}

NOINLINE int second(int a)
{
    return shared(a) - 1;
}

/* A static function behind others: the call's immediate counts from the start of .text. */
static NOINLINE int last(int a)
{
    __u32 key = a & 3;
    __u64 *count = bpf_map_lookup_elem(&counts, &key);
    if (count)
        *count += 1;
    return second(a) + 7;
}

static int visit(__u32 index, void *context)
{
    *(int *)context += shared(index);
    return 0;
}

int visit_global(__u32 index, void *context)
{
    return index > 100;
}

SEC("socket") int calls_nothing(struct __sk_buff *skb)
{
    return step;
}

SEC("socket") int calls_static(struct __sk_buff *skb)
{
    return first(skb->len);
}

SEC("socket") int calls_global(struct __sk_buff *skb)
{
    return second(skb->len);
}

SEC("xdp") int calls_a_diamond(struct xdp_md *ctx)
{
    return first(ctx->data) + second(ctx->data_end) + shared(1) + last(2);
}

SEC("tc") int passes_functions(struct __sk_buff *skb)
{
    int sum = 0;
    bpf_loop(4, visit, &sum, 0);
    bpf_loop(4, visit_global, &sum, 0);
    return sum;
}

SEC("?xdp") int not_loaded(struct xdp_md *ctx)
{
    return last(1);
}

char LICENSE[] SEC("license") = "GPL";
__u32 kernel SEC("version") = 0x060102;
