/* User ring buffers, which programs drain on request. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define USER_RING(name, bytes)                   \
    struct {                                     \
        __uint(type, BPF_MAP_TYPE_USER_RINGBUF); \
        __uint(max_entries, bytes);              \
    } name SEC(".maps")

struct command {
    __u32 op;
    __u32 pid;
    __u64 number;
    char name[12];
};

struct note {
    __u64 number;
    __u8 length;
    char text[];
};

USER_RING(commands, 4096);
USER_RING(pointed, 4096);
USER_RING(untyped, 4096);
struct {
    __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
    __uint(max_entries, 4096);
    __type(value, struct note);
} notes SEC(".maps");

/* What the samples were: how many, the sum of their numbers, and the last one. */
__u64 drained, sum;
struct command last;
char text[16];

static long on_command(struct bpf_dynptr *dynptr, void *context)
{
    struct command command = {};
    if (bpf_dynptr_read(&command, sizeof(command), dynptr, 0, 0)) return 1;
    drained += 1;
    sum += command.number;
    last = command;
    return 0;
}

static long on_pointed(struct bpf_dynptr *dynptr, void *context)
{
    struct command *command = bpf_dynptr_data(dynptr, 0, sizeof(*command));
    if (!command) return 1;
    drained += 1;
    sum += command->number;
    return 0;
}

static long on_note(struct bpf_dynptr *dynptr, void *context)
{
    __u8 note[9 + 8] = {};
    if (bpf_dynptr_read(note, sizeof(note), dynptr, 0, 0)) return 1;
    drained += 1;
    __builtin_memcpy(text, note + 9, 8);
    return 0;
}

/* Each returns how many samples there were. */
SEC("raw_tp") int drain(void *ctx) { return bpf_user_ringbuf_drain(&commands, on_command, 0, 0); }
SEC("raw_tp") int drain_pointed(void *ctx) { return bpf_user_ringbuf_drain(&pointed, on_pointed, 0, 0); }
SEC("raw_tp") int drain_notes(void *ctx) { return bpf_user_ringbuf_drain(&notes, on_note, 0, 0); }

char LICENSE[] SEC("license") = "GPL";
