/*
 * Iterators: one program for each thing of the kernel that can be gone over. scripts/compile-examples.sh says how this
 * is compiled. The kernel's structs are said here, as far as they are used: CO-RE finds the rest.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct seq_file {};
struct bpf_iter_meta { struct seq_file *seq; __u64 session_id; __u64 seq_num; };
struct task_struct { int pid; int tgid; char comm[16]; };
struct file { void *private_data; };
struct vm_area_struct { unsigned long vm_start; unsigned long vm_end; };
struct bpf_map { __u32 id; char name[16]; __u32 max_entries; };
struct bpf_prog_aux { __u32 id; char name[16]; };
struct bpf_prog { struct bpf_prog_aux *aux; };
struct bpf_link { __u32 id; };
struct kernfs_node { __u64 id; };
struct cgroup { struct kernfs_node *kn; int level; };
struct sock_common { unsigned short skc_num; unsigned short skc_family; volatile unsigned char skc_state; };
struct sock { struct sock_common __sk_common; };
struct socket { struct file *file; };
struct unix_sock { struct sock sk; };
struct inet_sock { struct sock sk; };
struct udp_sock { struct inet_sock inet; };
struct netlink_sock { struct sock sk; __u32 portid; };
struct kallsym_iter { unsigned long value; char type; char name[512]; };
struct kmem_cache { const char *name; unsigned int object_size; };
struct dma_buf { unsigned long size; const char *exp_name; };
struct bpf_iter__task { struct bpf_iter_meta *meta; struct task_struct *task; };
struct bpf_iter__task_file { struct bpf_iter_meta *meta; struct task_struct *task; __u32 fd; struct file *file; };
struct bpf_iter__task_vma { struct bpf_iter_meta *meta; struct task_struct *task; struct vm_area_struct *vma; };
struct bpf_iter__bpf_map { struct bpf_iter_meta *meta; struct bpf_map *map; };
struct bpf_iter__bpf_prog { struct bpf_iter_meta *meta; struct bpf_prog *prog; };
struct bpf_iter__bpf_link { struct bpf_iter_meta *meta; struct bpf_link *link; };
struct bpf_iter__bpf_map_elem { struct bpf_iter_meta *meta; struct bpf_map *map; void *key; void *value; };
struct bpf_iter__cgroup { struct bpf_iter_meta *meta; struct cgroup *cgroup; };
struct bpf_iter__tcp { struct bpf_iter_meta *meta; struct sock_common *sk_common; unsigned int uid; };
struct bpf_iter__udp { struct bpf_iter_meta *meta; struct udp_sock *udp_sk; unsigned int uid; int bucket; };
struct bpf_iter__unix { struct bpf_iter_meta *meta; struct unix_sock *unix_sk; unsigned int uid; };
struct bpf_iter__netlink { struct bpf_iter_meta *meta; struct netlink_sock *sk; };
struct bpf_iter__ksym { struct bpf_iter_meta *meta; struct kallsym_iter *ksym; };
struct bpf_iter__kmem_cache { struct bpf_iter_meta *meta; struct kmem_cache *s; };
struct bpf_iter__dmabuf { struct bpf_iter_meta *meta; struct dma_buf *dmabuf; };
#pragma clang attribute pop

/* What the programs over map elements write. */
struct element {
    __u32 key;
    __u32 pad;
    __u64 value;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 10000);
    __type(key, __u32);
    __type(value, struct element);
} elements SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} numbers SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_HASH);
    __uint(max_entries, 4);
    __type(key, __u32);
    __type(value, __u64);
} per_cpu SEC(".maps");

/* For iterators over a lot: only of this process, if it is not 0. */
const volatile int only_tgid;
const volatile unsigned int cpus = 1;

SEC("?iter/task")
int dump_task(struct bpf_iter__task *ctx)
{
    struct task_struct *task = ctx->task;
    if (!task)
        return 0;
    BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d %s\n", task->pid, task->tgid, task->comm);
    return 0;
}

SEC("?iter/task_file")
int dump_task_file(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    if (!task || !ctx->file || (only_tgid && task->tgid != only_tgid))
        return 0;
    BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d\n", task->tgid, ctx->fd);
    return 0;
}

SEC("?iter/task_vma")
int dump_task_vma(struct bpf_iter__task_vma *ctx)
{
    struct task_struct *task = ctx->task;
    struct vm_area_struct *vma = ctx->vma;
    if (!task || !vma || (only_tgid && task->pid != only_tgid))
        return 0;
    BPF_SEQ_PRINTF(ctx->meta->seq, "%08lx-%08lx\n", vma->vm_start, vma->vm_end);
    return 0;
}

SEC("?iter/bpf_map")
int dump_bpf_map(struct bpf_iter__bpf_map *ctx)
{
    struct bpf_map *map = ctx->map;
    if (map)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%u %s %u\n", map->id, map->name, map->max_entries);
    return 0;
}

SEC("?iter/bpf_prog")
int dump_bpf_prog(struct bpf_iter__bpf_prog *ctx)
{
    struct bpf_prog *prog = ctx->prog;
    if (prog)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%u %s\n", prog->aux->id, prog->aux->name);
    return 0;
}

SEC("?iter/bpf_link")
int dump_bpf_link(struct bpf_iter__bpf_link *ctx)
{
    struct bpf_link *link = ctx->link;
    if (link)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%u\n", link->id);
    return 0;
}

SEC("?iter/bpf_map_elem")
int dump_elements(struct bpf_iter__bpf_map_elem *ctx)
{
    struct element *element = ctx->value;
    if (ctx->key && element)
        bpf_seq_write(ctx->meta->seq, element, sizeof(*element));
    return 0;
}

SEC("?iter/bpf_map_elem")
int dump_numbers(struct bpf_iter__bpf_map_elem *ctx)
{
    __u32 *key = ctx->key;
    __u64 *value = ctx->value;
    if (!key || !value)
        return 0;
    struct element element = { .key = *key, .value = *value };
    bpf_seq_write(ctx->meta->seq, &element, sizeof(element));
    return 0;
}

/* The value is that of all CPUs, one behind the other. */
SEC("?iter/bpf_map_elem")
int dump_per_cpu(struct bpf_iter__bpf_map_elem *ctx)
{
    __u32 *key = ctx->key;
    void *value = ctx->value;
    if (!key || !value)
        return 0;
    struct element element = { .key = *key };
    __u32 step = 8;
    for (__u32 cpu = 0; cpu < 512; cpu++) {
        if (cpu >= cpus)
            break;
        __u64 one = 0;
        bpf_probe_read_kernel(&one, sizeof(one), value + cpu * step);
        element.value += one;
    }
    bpf_seq_write(ctx->meta->seq, &element, sizeof(element));
    return 0;
}

SEC("?iter/cgroup")
int dump_cgroup(struct bpf_iter__cgroup *ctx)
{
    struct cgroup *cgroup = ctx->cgroup;
    if (cgroup)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%llu %d\n", cgroup->kn->id, cgroup->level);
    return 0;
}

SEC("?iter/tcp")
int dump_tcp(struct bpf_iter__tcp *ctx)
{
    struct sock_common *common = ctx->sk_common;
    if (common)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d %d\n", common->skc_family, common->skc_num, common->skc_state);
    return 0;
}

SEC("?iter/udp")
int dump_udp(struct bpf_iter__udp *ctx)
{
    struct udp_sock *udp = ctx->udp_sk;
    if (udp)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%d %d\n", udp->inet.sk.__sk_common.skc_family, udp->inet.sk.__sk_common.skc_num);
    return 0;
}

SEC("?iter/unix")
int dump_unix(struct bpf_iter__unix *ctx)
{
    struct unix_sock *sock = ctx->unix_sk;
    if (sock)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%lx %d\n", (unsigned long)sock, sock->sk.__sk_common.skc_state);
    return 0;
}

SEC("?iter/netlink")
int dump_netlink(struct bpf_iter__netlink *ctx)
{
    struct netlink_sock *sock = ctx->sk;
    if (sock)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%u\n", sock->portid);
    return 0;
}

SEC("?iter/ksym")
int dump_ksym(struct bpf_iter__ksym *ctx)
{
    struct kallsym_iter *ksym = ctx->ksym;
    if (ksym)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%lx %s\n", ksym->value, ksym->name);
    return 0;
}

SEC("?iter/kmem_cache")
int dump_kmem_cache(struct bpf_iter__kmem_cache *ctx)
{
    struct kmem_cache *cache = ctx->s;
    if (cache)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%s %u\n", cache->name, cache->object_size);
    return 0;
}

SEC("?iter/dmabuf")
int dump_dmabuf(struct bpf_iter__dmabuf *ctx)
{
    struct dma_buf *buffer = ctx->dmabuf;
    if (buffer)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%lu\n", buffer->size);
    return 0;
}

/* The same as records. */
SEC("?iter/bpf_map")
int dump_records(struct bpf_iter__bpf_map *ctx)
{
    struct bpf_map *map = ctx->map;
    if (!map)
        return 0;
    struct element element = { .key = map->id, .value = map->max_entries };
    bpf_seq_write(ctx->meta->seq, &element, sizeof(element));
    return 0;
}

/* One record, and something that is none. */
SEC("?iter/bpf_map")
int dump_halves(struct bpf_iter__bpf_map *ctx)
{
    struct element element = {};
    if (!ctx->map)
        bpf_seq_write(ctx->meta->seq, &element, 4);
    else if (ctx->meta->seq_num == 0)
        bpf_seq_write(ctx->meta->seq, &element, sizeof(element));
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
