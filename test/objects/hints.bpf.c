/*
 * Decl tags on members and variables that say what their bytes are: every hint on every form that it is for. What is in
 * `sample` is the compiler's answer to what the generated codec reads and writes.
 *
 * Compile: scripts/compile-examples.sh test/objects/hints.bpf.o test/objects/hints.eb.bpf.o test/objects/hints.typo.bpf.o …
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define HINT(hint) __attribute__((btf_decl_tag("core-gen:" hint)))

struct in4 {
    __u32 s_addr;
};
struct in6 {
    union {
        __u8 bytes[16];
        __u32 words[4];
    } u;
};

struct hinted {
    unsigned char name[8] HINT("string");
    signed char signed_name[8] HINT("string");
    __u32 saddr HINT("ipv4");
    __u8 quad[4] HINT("ipv4");
    struct in4 peer HINT("ipv4");
    __u32 hops[2] HINT("ipv4");
    __u8 quads[2][4] HINT("ipv4");
    __u8 six[16] HINT("ipv6");
    struct in6 peer6 HINT("ipv6");
    __u32 words6[4] HINT("ipv6");
    __u8 mac[6] HINT("mac");
    __u8 macs[2][6] HINT("mac");
    __u16 port HINT("be");
    __u16 ports[2] HINT("be");
    __u32 seq HINT("be");
    __s32 delta HINT("be");
    __u64 cookie HINT("be");
    __u64 at HINT("ktime");
    __u64 bytes HINT("number");
    __s64 balance HINT("number");
    __u64 totals[2] HINT("number");
    __u64 small : 40 HINT("number");
    __u64 large : 24;
    struct {
        __u32 inner HINT("ipv4");
    };
    union {
        __u8 v4[4] HINT("ipv4");
        __u8 v6[16] HINT("ipv6");
    };
    __u32 plain;
};

struct hinted sample = {
    .name = "käse",
    .signed_name = "signed",
    .saddr = bpf_htonl(0x0a000001),
    .quad = { 192, 168, 1, 254 },
    .peer = { bpf_htonl(0x7f000001) },
    .hops = { bpf_htonl(0x01020304), bpf_htonl(0x08080404) },
    .quads = { { 1, 1, 1, 1 }, { 9, 9, 9, 9 } },
    .six = { 0xfe, 0x80, [15] = 1 },
    .peer6 = { { .bytes = { 0x20, 0x01, 0x0d, 0xb8, [14] = 0xab, 0xcd } } },
    .words6 = { 0, 0, bpf_htonl(0xffff), bpf_htonl(0xc0a80001) },
    .mac = { 0x02, 0x42, 0xac, 0x11, 0x00, 0x0f },
    .macs = { { 1, 2, 3, 4, 5, 6 }, { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } },
    .port = bpf_htons(443),
    .ports = { bpf_htons(8080), bpf_htons(1) },
    .seq = bpf_htonl(0xfedcba98),
    .delta = bpf_htonl((__u32)-5),
    .cookie = bpf_cpu_to_be64(0x0123456789abcdefULL),
    .at = 1234567890123456789ULL,
    .bytes = 0x1fffffffffffffULL,
    .balance = -0x1fffffffffffffLL,
    .totals = { 1, 0x100000002ULL },
    .small = 0xabcdef0123ULL,
    .large = 0x123456,
    .inner = bpf_htonl(0x05060708),
    .v6 = { 10, 20, 30, 40 },
    .plain = 0xfedcba98,
};

__u32 gateway HINT("ipv4") = bpf_htonl(0xc0a80101);
__u64 started HINT("ktime");

#ifdef TYPO
struct typo { __u32 a HINT("ipv5"); } typo;
#endif
#ifdef TWICE
struct twice { __u32 a HINT("ipv4") HINT("be"); } twice;
#endif
#ifdef MISFIT
struct misfit { __u16 a HINT("ipv4"); } misfit;
#endif
#ifdef MISFIT_BITS
struct misfit_bits { __u64 a : 54 HINT("number"); } misfit_bits;
#endif

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, struct hinted);
    __type(value, struct hinted);
} hinted_map SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
} events SEC(".maps");

SEC("syscall")
int send(void *ctx)
{
    /* Only this function knows it: clang leaves it out of BTF, and its tags are in DWARF alone. */
    struct event {
        __u64 at HINT("ktime");
        __u32 from HINT("ipv4");
        __u16 port HINT("be");
        __u8 note[10] HINT("string");
        enum sender { APP = 3 } sender;
    } *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

    if (!event)
        return 0;
    event->at = started = bpf_ktime_get_ns();
    event->from = sample.saddr;
    event->port = sample.port;
    event->sender = APP;
    __builtin_memcpy(event->note, "from here", 10);
    bpf_ringbuf_submit(event, 0);
    return 0;
}

/* What the app has put into the map under the key `sample`, for the app to compare. */
struct hinted got;
SEC("syscall")
int look_up(void *ctx)
{
    struct hinted *value = bpf_map_lookup_elem(&hinted_map, &sample);

    if (!value)
        return 0;
    got = *value;
    return 1;
}

char LICENSE[] SEC("license") = "GPL";
