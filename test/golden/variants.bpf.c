// Buffers that carry several structs, told apart by --record: test/generator/variants.test.ts names the flags. The
// program of type syscall sends what its argument says, so that a kernel can be asked as well.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum kind {
    KIND_EXEC = 1,
    KIND_EXIT = 2,
    KIND_LINE = -3,
};

struct exec_event {
    enum kind kind;
    __u32 pid;
    char comm[16];
};

struct exit_event {
    enum kind kind;
    __u32 pid;
    __u32 type;
    int status;
};

struct line_event {
    enum kind kind;
    __u32 pid;
    char text[];
};

struct header {
    __u8 version;
    __u8 flags : 3, kind : 5;
};

struct opened {
    struct header header;
    __u16 mode;
    __u64 inode;
};

struct closed {
    struct header header;
    __u16 unused;
    __u32 fd;
    __u8 bytes[24];
};

struct elsewhere {
    __u32 pid;
    enum kind kind;
};

struct wider {
    __u64 kind;
    __u32 pid;
};

struct floating {
    float kind;
};

struct yes {
    __u64 bytes;
    _Bool kind;
};

struct no {
    __u64 bytes;
    _Bool kind;
    __u8 more[23];
};

#define BUFFER(kind, name, room)             \
    struct {                                 \
        __uint(type, BPF_MAP_TYPE_##kind);   \
        __uint(max_entries, room);           \
    } name SEC(".maps")

BUFFER(RINGBUF, events, 65536);
BUFFER(RINGBUF, files, 65536);
BUFFER(RINGBUF, flags, 65536);

struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} samples SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct line_event);
} unused SEC(".maps");

/* How often something was asked for. */
__u64 asked;

struct what {
    __u32 which;
    __u32 pid;
};

SEC("syscall")
int send(struct what *what)
{
    asked++;
    switch (what->which) {
    case 0: {
        struct exec_event event = { .kind = KIND_EXEC, .pid = what->pid, .comm = "sh" };
        return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    }
    case 1: {
        struct exit_event event = { .kind = KIND_EXIT, .pid = what->pid, .type = 4, .status = -5 };
        return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    }
    case 2: {
        struct { enum kind kind; __u32 pid; char text[6]; } line = { KIND_LINE, what->pid, "a line" };
        return bpf_ringbuf_output(&events, &line, 14, 0);
    }
    case 3: {
        struct elsewhere event = { .pid = 99, .kind = KIND_EXEC };
        return bpf_ringbuf_output(&events, &event, sizeof(event), 0);
    }
    case 4: {
        struct opened event = { .header = { .version = 1, .flags = 5, .kind = 17 }, .mode = 7, .inode = 1ull << 40 };
        return bpf_ringbuf_output(&files, &event, sizeof(event), 0);
    }
    case 5: {
        struct closed event = { .header = { .version = 1, .flags = 2, .kind = 3 }, .fd = 9, .bytes = "bytes" };
        return bpf_ringbuf_output(&files, &event, sizeof(event), 0);
    }
    case 6: {
        struct yes event = { .bytes = 1, .kind = 1 };
        return bpf_ringbuf_output(&flags, &event, sizeof(event), 0);
    }
    case 7: {
        struct no event = { .bytes = 2, .kind = 0, .more = { 1, 2, 3 } };
        return bpf_ringbuf_output(&flags, &event, sizeof(event), 0);
    }
    case 8: {
        struct wider event = { .kind = 1, .pid = 2 };
        return bpf_ringbuf_output(&files, &event, sizeof(event), 0);
    }
    case 9: {
        struct floating event = { .kind = 1 };
        return bpf_ringbuf_output(&files, &event, sizeof(event), 0);
    }
    }
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
