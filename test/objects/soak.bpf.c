/* Sends numbered records of all lengths with a checksum in each, as fast as it can: test/support/soak.ts reads them. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define ROOM (4 * 1024 * 1024)
#define WORDS 16

struct numbered {
    __u64 sequence;
    __u32 checksum;
    __u32 count;
    __u32 words[];
};

struct {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, ROOM);
    __type(value, struct numbered);
} records SEC(".maps");

/* How many records to send, were sent or could not be sent; and could not be sent. */
__u64 target;
__u64 sent;
__u64 dropped;

static struct {
    __u64 sequence;
    __u32 checksum;
    __u32 count;
    __u32 words[WORDS];
} draft;

struct run {
    __u32 count;
    /* Goes on when the buffer is full, and loses records. */
    __u32 flood;
};

static long send_one(__u32 index, struct run *run)
{
    __u64 sequence = sent;
    __u32 checksum = (__u32)sequence, word = (__u32)(sequence * 2654435761u), count = word >> 28;

    if (sequence >= target)
        return 1;
    if (!run->flood && bpf_ringbuf_query(&records, BPF_RB_AVAIL_DATA) > ROOM / 4 * 3)
        return 1;
    draft.sequence = sequence;
    draft.count = count;
    for (int i = 0; i < WORDS; i++) {
        word = word * 1664525 + 1013904223;
        draft.words[i] = word;
        if (i < count)
            checksum = checksum * 31 + word;
    }
    draft.checksum = checksum;
    if (bpf_ringbuf_output(&records, &draft, 16 + 4 * (count & (WORDS - 1)), 0))
        dropped++;
    sent = sequence + 1;
    return 0;
}

SEC("syscall")
int produce(struct run *run)
{
    struct run own = *run;

    bpf_loop(own.count & 0xffff, send_one, &own, 0);
    return sent >= target;
}

char LICENSE[] SEC("license") = "GPL";
