/*
 * __kconfig variables of every type that libbpf fills in. scripts/compile-examples.sh says how this is compiled.
 */
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;
extern __u64 LINUX_OF_ANOTHER_DAY __kconfig __weak;
extern bool CONFIG_BPF_SYSCALL __kconfig;
extern bool CONFIG_CG_BOOL __kconfig __weak;
extern enum libbpf_tristate CONFIG_CG_TRISTATE __kconfig __weak;
extern char CONFIG_CG_CHAR __kconfig __weak;
extern char CONFIG_CG_TEXT[6] __kconfig __weak;
extern short CONFIG_CG_SHORT __kconfig __weak;
extern const volatile unsigned int CONFIG_CG_UINT __kconfig __weak;
extern __u64 CONFIG_CG_U64 __kconfig __weak;

const volatile __u64 before = 1;
__u64 sum;

SEC("raw_tp/sys_enter")
int add_up(void *ctx)
{
    sum = before + LINUX_KERNEL_VERSION + LINUX_HAS_BPF_COOKIE + LINUX_OF_ANOTHER_DAY + CONFIG_BPF_SYSCALL;
    sum += CONFIG_CG_BOOL + CONFIG_CG_TRISTATE + CONFIG_CG_CHAR + CONFIG_CG_TEXT[3];
    sum += CONFIG_CG_SHORT + CONFIG_CG_UINT + CONFIG_CG_U64;
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
