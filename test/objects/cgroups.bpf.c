/* One program for each hook of a cgroup; each counts how often it ran. scripts/compile-examples.sh says how this is compiled. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define COUNTING(section, name) \
    unsigned long long name##_hits = 0; \
    SEC("?" section) int name(void *ctx) \
    { \
        __sync_fetch_and_add(&name##_hits, 1); \
        return 1; \
    }

COUNTING("cgroup_skb/ingress", ingress)
COUNTING("cgroup_skb/egress", egress)
COUNTING("cgroup/skb", skb)
COUNTING("cgroup/sock_create", sock_create)
COUNTING("cgroup/sock_release", sock_release)
COUNTING("cgroup/sock", sock)
COUNTING("cgroup/post_bind4", post_bind4)
COUNTING("cgroup/post_bind6", post_bind6)
COUNTING("cgroup/bind4", bind4)
COUNTING("cgroup/bind6", bind6)
COUNTING("cgroup/connect4", connect4)
COUNTING("cgroup/connect6", connect6)
COUNTING("cgroup/connect_unix", connect_unix)
COUNTING("cgroup/sendmsg4", sendmsg4)
COUNTING("cgroup/sendmsg6", sendmsg6)
COUNTING("cgroup/sendmsg_unix", sendmsg_unix)
COUNTING("cgroup/recvmsg4", recvmsg4)
COUNTING("cgroup/recvmsg6", recvmsg6)
COUNTING("cgroup/recvmsg_unix", recvmsg_unix)
COUNTING("cgroup/getpeername4", getpeername4)
COUNTING("cgroup/getpeername6", getpeername6)
COUNTING("cgroup/getpeername_unix", getpeername_unix)
COUNTING("cgroup/getsockname4", getsockname4)
COUNTING("cgroup/getsockname6", getsockname6)
COUNTING("cgroup/getsockname_unix", getsockname_unix)
COUNTING("cgroup/sysctl", sysctl)
COUNTING("cgroup/getsockopt", getsockopt)
COUNTING("cgroup/setsockopt", setsockopt)
COUNTING("cgroup/dev", dev)
COUNTING("sockops", sockops)
COUNTING("lsm_cgroup/socket_bind", lsm_cgroup)

/* Writes its number where the test can read who ran first. */
unsigned int order[8] = {};
unsigned int ran = 0;

#define ORDERED(number) \
    SEC("?cgroup/connect4") int connect4_##number(struct bpf_sock_addr *ctx) \
    { \
        order[ran++ & 7] = number; \
        return 1; \
    }

ORDERED(1)
ORDERED(2)
ORDERED(3)

/* Lets nobody connect. */
SEC("?cgroup/connect4") int refuse_connect4(struct bpf_sock_addr *ctx)
{
    return 0;
}
